"""A classifier of real pictures, to judge generated ones by."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.soft_margin import soft_margin
from keras_t2i.training.tracked_model import TrackedModel
from keras_t2i.training.train_state import Objective, Terms, TrainState


class LabelClassifier(TrackedModel):
    """Pictures to labels by residual blocks and global pooling (He et al. 2016, in small).

    It shares neither weights nor shape with PSC-GAN's encoder: what one of them mistakes for a
    label need not convince the other.

    Args:
        image_size: Side S of the pictures.
        channels: Widths of the resolutions, from S/2 downward.
        labels: Number of labels, n.
        dropout: Share of the pooled features left out in training.
        optimizer: Optimizer of all weights.
    """

    def __init__(
        self,
        *,
        image_size: int,
        channels: Sequence[int],
        labels: int,
        dropout: float,
        optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self._blocks = [ResidualBlock(width) for width in channels]
        self._dropout = keras.layers.Dropout(dropout, dtype="float32")
        self._logits = keras.layers.Dense(labels, dtype="float32")
        self(tf.zeros((1, image_size, image_size, 3)))
        self.train_state = TrainState([self], optimizer)

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → label logits float32 (N, n)."""
        pooled = self._pooled(images, training)
        return self._logits(self._dropout(pooled, training=training))

    def features_and_logits(self, images: Any) -> tuple[Any, Any]:
        """Images (N, S, S, 3) in [−1, 1] → pooled features float32 (N, D), logits (N, n)."""
        pooled = self._pooled(images, training=False)
        return pooled, self._logits(pooled)

    def _pooled(self, images: Any, training: bool) -> Any:
        x = images
        for block in self._blocks:
            x = block(x, training=training)
        return ops.cast(ops.mean(x, axis=(1, 2)), "float32")

    def prepare(self, **compile_options: Any) -> None:
        """Get ready for `fit`."""
        self.ready(("labels", "gradient_norm"), **compile_options)

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> Terms:
        """One step on the multi-label soft margin loss."""

        def objective() -> Objective:
            logits = self(data["image"], training=True)
            return Objective({"labels": soft_margin(logits, data["labels"])})

        values, norm = self.train_state.minimize(objective)
        return self.track(values.terms | {"gradient_norm": norm})

    def trained_parts(self) -> dict[str, Any]:
        """Weights, optimizer, step."""
        return {"model": self, "optimizer": self.train_state.optimizer}


class ResidualBlock(BuiltByCall, keras.Model):
    """Two 3×3 convolutions beside a 1×1 one, each of the sum's sides at half the resolution.

    Args:
        width: Channels of the result.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

        def convolution(size: int, strides: int) -> keras.layers.Conv2D:
            return keras.layers.Conv2D(width, size, strides, "same", use_bias=False)

        self._first, self._second = convolution(3, 2), convolution(3, 1)
        self._beside = convolution(1, 2)
        self._norms = [keras.layers.BatchNormalization(momentum=0.9) for _ in range(3)]

    def call(self, x: Any, training: bool = False) -> Any:
        """Maps (N, h, w, C) → (N, h/2, w/2, width)."""
        inner = ops.relu(self._norms[0](self._first(x), training=training))
        inner = self._norms[1](self._second(inner), training=training)
        return ops.relu(inner + self._norms[2](self._beside(x), training=training))
