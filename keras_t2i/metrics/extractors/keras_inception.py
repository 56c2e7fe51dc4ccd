"""Keras's InceptionV3: ImageNet weights of 2016, other ones than those of published FIDs."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.pipelines.errors import InputError


class KerasInception:
    """`keras.applications.InceptionV3` from a file of its weights (with its top).

    Its distances are no FID: that name belongs to the network of 2015.

    Args:
        path: `inception_v3_weights_tf_dim_ordering_tf_kernels.h5`, as Keras publishes it.

    Raises:
        InputError: Not readable, or weights of another network.
    """

    name = "keras-inception-v3"
    size = 299
    canonical = False

    def __init__(self, path: Path) -> None:
        import keras

        model = keras.applications.InceptionV3(weights=None, classifier_activation=None)
        try:
            model.load_weights(path)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path}: not readable as weights of InceptionV3 with its top ({error})."
            ) from error
        outputs = {"features": model.get_layer("avg_pool").output, "logits": model.output}
        self._model = tf.function(keras.Model(model.input, outputs))
        self.fingerprint = fingerprint_of(Path(path))

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, 299, 299, 3) in [0, 255] → features (N, 2048), logits (N, 1000)."""
        found = self._model(tf.constant(pictures / 127.5 - 1.0, tf.float32), training=False)
        return {name: value.numpy() for name, value in found.items()}
