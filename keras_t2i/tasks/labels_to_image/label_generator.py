"""Contract of what draws pictures of labels: a GAN's generator, or a flow."""

from typing import Any, Protocol

import tensorflow as tf

from keras_t2i.adversarial.latents import Latent


class DrawsLabels(Protocol):
    """A trained model from noise and labels to pictures.

    It draws in two steps, so that pictures can be mixed between them: noise and labels become a
    latent vector, of which lines and sums have a meaning, and latents become pictures.
    """

    latent: Latent
    step: Any

    @property
    def noise_dim(self) -> int:
        """Width of the noise."""

    @property
    def label_dim(self) -> int:
        """Number of labels n; 0 of a model that draws from noise alone."""

    @property
    def image_size(self) -> int:
        """Side S of the pictures."""

    def latents(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Noise (N, noise_dim) and labels (N, n) → latents float32 (N, L)."""

    def decode(self, latents: tf.Tensor) -> tf.Tensor:
        """Latents (N, L) → pictures float32 (N, S, S, 3) in [−1, 1]."""

    def sample(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Noise (N, noise_dim) and labels (N, n) → pictures float32 (N, S, S, 3) in [−1, 1]."""

    def fingerprint(self) -> str:
        """sha256, in hexadecimal digits, of all that its pictures depend on beside the input."""
