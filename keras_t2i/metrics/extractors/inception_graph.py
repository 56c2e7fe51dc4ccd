"""The Inception network of published FID and Inception Scores, from its frozen graph."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.metrics.extractors.download import check_kept
from keras_t2i.pipelines.errors import InputError

_INPUT, _POOLED, _PRODUCT = "ExpandDims", "pool_3", "softmax/logits/MatMul"


class InceptionGraph:
    """`classify_image_graph_def.pb` of inception-2015-12-05 (Salimans et al. 2016, Heusel 2017).

    The features are pool_3's. The logits are the last layer's products without its bias, as the
    original Inception Score computes them.

    Args:
        path: The frozen graph.

    Raises:
        InputError: Not readable, another graph, or no longer the file that was fetched.
    """

    name = "inception-2015-12-05"
    size = 299
    canonical = True

    def __init__(self, path: Path) -> None:
        graph = tf.compat.v1.GraphDef()
        check_kept(Path(path))
        try:
            graph.ParseFromString(Path(path).read_bytes())
        except (OSError, DecodeError) as error:
            raise InputError(f"{path}: not readable as a frozen graph ({error}).") from error
        names = {node.name for node in graph.node}
        missing = [name for name in (_INPUT, _POOLED, _PRODUCT) if name not in names]
        if missing:
            raise InputError(
                f"{path}: no graph of inception-2015-12-05: it has no operation {missing[0]!r}."
            )
        weights = next(n.input[1] for n in graph.node if n.name == _PRODUCT)
        self.fingerprint = fingerprint_of(Path(path))

        def network(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            pooled, matrix = tf.graph_util.import_graph_def(
                _without_shapes(graph),
                input_map={f"{_INPUT}:0": images},
                return_elements=[f"{_POOLED}:0", _tensor(weights)],
                name="",
            )
            features = tf.reshape(pooled, (tf.shape(images)[0], tf.shape(matrix)[0]))
            return features, features @ matrix

        self._network = tf.compat.v1.wrap_function(
            network, [tf.TensorSpec((None, self.size, self.size, 3), tf.float32)]
        )

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, 299, 299, 3) in [0, 255] → features (N, 2048), logits (N, 1008)."""
        features, logits = self._network(tf.constant(pictures))
        return {"features": features.numpy(), "logits": logits.numpy()}


def _tensor(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _without_shapes(graph: tf.compat.v1.GraphDef) -> tf.compat.v1.GraphDef:
    """The graph without the shapes that were recorded for one picture at a time."""
    free = tf.compat.v1.GraphDef()
    free.CopyFrom(graph)
    for node in free.node:
        node.attr.pop("_output_shapes", None)
    return free
