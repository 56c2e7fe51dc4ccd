"""Conditions that a generator makes of the sentence embedding."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_t2i")
class PlainConditioning(keras.layers.Layer):
    """The embedding as it is (No's thesis, III.B: [z ; e])."""

    noise_dim = 0

    def output_dim(self, embedding_dim: int) -> int:
        """Width of the condition."""
        return embedding_dim

    def build(self, embedding_shape: Any, noise_shape: Any) -> None:
        """Nothing to create."""

    def call(self, embedding: Any, noise: Any) -> tuple[Any, Any]:
        """Embedding (N, E), noise (N, 0) → condition (N, E), KL divergence (N,) of zeros."""
        return embedding, ops.zeros_like(embedding[:, 0])


@keras.saving.register_keras_serializable("keras_t2i")
class CompressedConditioning(keras.layers.Layer):
    """The embedding compressed and rectified: c = LeakyReLU₀.₂(FC(e)) (Reed et al. 2016, 4.1).

    Args:
        width: Width of the condition.
    """

    noise_dim = 0

    def __init__(self, width: int = 128, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self._compress = keras.layers.Dense(width, dtype="float32")

    def output_dim(self, embedding_dim: int) -> int:
        """Width of the condition."""
        return self.width

    def build(self, embedding_shape: Any, noise_shape: Any) -> None:
        """Create the weights for embeddings of shape (N, E)."""
        self._compress.build(embedding_shape)

    def call(self, embedding: Any, noise: Any) -> tuple[Any, Any]:
        """Embedding (N, E), noise (N, 0) → condition (N, width), KL divergence (N,) of zeros."""
        condition = ops.leaky_relu(self._compress(embedding), 0.2)
        return condition, ops.zeros_like(embedding[:, 0])

    def get_config(self) -> dict[str, Any]:
        """JSON values."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable("keras_t2i")
class ConditioningAugmentation(keras.layers.Layer):
    """A condition drawn from a normal distribution whose mean and deviation the embedding gives.

        c = μ(e) + σ(e) ⊙ ε,   ε ~ N(0, 1)

    Zhang et al. 2017, "StackGAN", 3.2. A caption becomes a neighbourhood instead of a point, so the
    generator cannot read a whole picture off it; KL(N(μ, σ²) ‖ N(0, 1)), weighted by the loss,
    decides how wide.

    Args:
        width: Width of the condition.
    """

    def __init__(self, width: int = 32, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = self.noise_dim = width
        self._statistics = keras.layers.Dense(2 * width, dtype="float32")

    def output_dim(self, embedding_dim: int) -> int:
        """Width of the condition."""
        return self.width

    def build(self, embedding_shape: Any, noise_shape: Any) -> None:
        """Create the weights for embeddings of shape (N, E)."""
        self._statistics.build(embedding_shape)

    def call(self, embedding: Any, noise: Any) -> tuple[Any, Any]:
        """Embedding (N, E), noise ε (N, width) → condition (N, width), KL divergence (N,)."""
        mean, log_variance = ops.split(self._statistics(embedding), 2, axis=-1)
        deviation = ops.exp(0.5 * log_variance)
        divergence = 0.5 * (ops.square(mean) + ops.square(deviation) - 1.0 - log_variance)
        return mean + deviation * noise, ops.sum(divergence, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """JSON values."""
        return {**super().get_config(), "width": self.width}
