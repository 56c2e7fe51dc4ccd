"""The signature of a network that reads labels in pictures."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_t2i.exporting.inputs import PICTURES
from keras_t2i.exporting.signatures import Outputs, Signature, from_bytes
from keras_t2i.pipelines.attributes import AttributeSchema


class ClassifySignature(tf.Module):
    """The signature of a network that reads labels in pictures.

    Args:
        read: Images (N, S, S, 3) in [−1, 1] to label logits (N, n).
        schema: The labels.
        side: Side S of the pictures, in pixels.
    """

    def __init__(
        self, read: Callable[[tf.Tensor], tf.Tensor], schema: AttributeSchema, side: int
    ) -> None:
        super().__init__()
        self._read, self._labels, self._side = read, schema.labels, side
        groups = [(a.name, not a.free) for a in schema.attributes for _ in a.values]
        self._groups, self._exclusive = zip(*groups, strict=True)
        self.signatures = {"classify": Signature(self.classify, {"image_bytes": PICTURES})}

    def classify(self, image_bytes: tf.Tensor) -> Outputs:
        """Pictures (N,) → label names, probabilities float32, groups, exclusive bool, all (N, n).

        Of an exclusive group a picture has exactly one label.
        """
        logits = self._read(from_bytes(image_bytes, self._side))

        def each(values: Sequence[str] | Sequence[bool]) -> tf.Tensor:
            return tf.repeat(tf.constant([values]), tf.shape(image_bytes)[0], axis=0)

        return {
            "labels": each(self._labels),
            "probabilities": tf.sigmoid(logits),
            "groups": each(self._groups),
            "exclusive": each(self._exclusive),
        }
