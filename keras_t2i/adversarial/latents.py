"""Distributions of the noise z."""

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any

from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class Latent(ABC):
    """The contract of a distribution of noise."""

    @abstractmethod
    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape, a pure function of the (2,) seed."""

    def truncated(self, noise: "tf.Tensor", factor: "tf.Tensor") -> "tf.Tensor":
        """Noise (N, width) scaled by a factor in [0, 1], one or (N, 1): less variety."""
        return noise * factor


@component
class Gaussian(Latent):
    """Standard normal noise, N(0, 1)."""

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape, a pure function of the (2,) seed."""
        return tf.random.stateless_normal(shape, seed)


@component
class ClippedGaussian(Latent):
    """N(0, 1) truncated at two deviations and clipped to [−1, 1].

    The literal reading of No's thesis, "Gaussian noise in the [−1, 1] range".
    """

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape in [−1, 1], a pure function of the (2,) seed."""
        return tf.clip_by_value(tf.random.stateless_truncated_normal(shape, seed), -1.0, 1.0)


@component
class Uniform(Latent):
    """Uniform in [−1, 1] (Radford et al. 2015)."""

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape, a pure function of the (2,) seed."""
        return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)


@component
class Coded(Latent):
    """Noise with codes beside it (Chen et al. 2016, "InfoGAN", section 7).

    A row is [z ; c₁ ; c₂]: z uniform in [−1, 1], c₁ one of `categories` as a one-hot vector, c₂
    uniform in [−1, 1].

    Args:
        noise: Width of the noise z.
        categories: Number of values of c₁.
        continuous: Width of c₂.
    """

    noise: int = 62
    categories: int = 10
    continuous: int = 2

    @property
    def width(self) -> int:
        """Width of a row."""
        return self.noise + self.categories + self.continuous

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 rows of the shape (…, width), a pure function of the (2,) seed."""
        rows, fold = tuple(shape[:-1]), tf.random.experimental.stateless_fold_in
        flat = tf.random.stateless_uniform(
            (*rows, self.noise + self.continuous), fold(seed, 0), -1.0, 1.0
        )
        drawn = tf.random.stateless_uniform(rows, fold(seed, 1), 0, self.categories, tf.int32)
        codes = tf.one_hot(drawn, self.categories)
        return tf.concat([flat[..., : self.noise], codes, flat[..., self.noise :]], -1)

    def truncated(self, rows: "tf.Tensor", factor: "tf.Tensor") -> "tf.Tensor":
        """Rows (N, width) with all but the category scaled by a factor in [0, 1], one or (N, 1)."""
        ends = self.noise, self.noise + self.categories
        z, category, value = rows[:, : ends[0]], rows[:, ends[0] : ends[1]], rows[:, ends[1] :]
        return tf.concat([z * factor, category, value * factor], -1)

    def codes(self, rows: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        """c₁ (N, categories) and c₂ (N, continuous) of rows (N, width)."""
        start, end = self.noise, self.noise + self.categories
        return rows[:, start:end], rows[:, end:]


@component
class Joined(Latent):
    """Noise of several distributions side by side.

    Args:
        parts: Distributions, each with its width.
    """

    parts: tuple[tuple[Latent, int], ...]

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 rows of the shape (…, sum of the widths), a pure function of the (2,) seed."""
        fold = tf.random.experimental.stateless_fold_in
        drawn = [
            latent.sample((*shape[:-1], width), fold(seed, i))
            for i, (latent, width) in enumerate(self.parts)
        ]
        return tf.concat(drawn, -1)

    def truncated(self, noise: "tf.Tensor", factor: "tf.Tensor") -> "tf.Tensor":
        """Rows (N, sum of the widths), each part as its own distribution truncates it."""
        pieces = tf.split(noise, [width for _, width in self.parts], -1)
        pairs = zip(self.parts, pieces, strict=True)
        return tf.concat([latent.truncated(piece, factor) for (latent, _), piece in pairs], -1)


def row_noise(latent: Latent, seeds: "tf.Tensor", width: int) -> "tf.Tensor":
    """Noise float32 (N, width): row i is a function of seeds[i] (int64) alone; a graph function."""
    return _noise_program(latent, width)(seeds)


@cache
def _noise_program(latent: Latent, width: int) -> Any:
    """`row_noise` of a distribution, traced: eagerly its loop would take a millisecond a row."""

    def one(seed: "tf.Tensor") -> "tf.Tensor":
        return latent.sample((width,), tf.stack([seed, tf.zeros_like(seed)]))

    def rows(seeds: "tf.Tensor") -> "tf.Tensor":
        return tf.map_fn(one, seeds, fn_output_signature=tf.TensorSpec((width,), tf.float32))

    return tf.function(rows, input_signature=[tf.TensorSpec((None,), tf.int64)], autograph=False)
