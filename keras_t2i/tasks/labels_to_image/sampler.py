"""Sampler from labels to pictures and back: a trained generator and autoencoder together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.images.batches import in_batches, scaled, to_uint8
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
from keras_t2i.tasks.labels_to_image.label_generator import DrawsLabels


@dataclass(frozen=True)
class LabelSampler:
    """Draws pictures for labels, and reads pictures.

    A row's picture depends on its labels and its seed alone, never on the rows beside it.

    Args:
        schema: The labels.
        generator: The trained model from labels and noise to pictures.
        autoencoder: Reads and reconstructs pictures; `None` in a run without that stage.
        trained_on: Number of training pictures of each combination of labels; empty where that is
            not known.
    """

    schema: AttributeSchema
    generator: DrawsLabels
    autoencoder: LabelledAutoencoder | None = None
    trained_on: Mapping[str, int] = field(default_factory=dict)

    @property
    def image_size(self) -> int:
        """Side of the pictures."""
        return self.generator.image_size

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Texts such as "female, wavy, double eyelid" to multi-hot float32 (N, n).

        Raises:
            InputError: An unknown label, or other than one of a group; or the run takes no labels.
        """
        if not self.generator.label_dim:
            raise InputError("This run's generator takes no labels: it was trained on noise alone.")
        return np.stack([self.schema.parse(text) for text in texts])

    def unseen(self, labels: np.ndarray) -> list[str]:
        """Mask of the combinations (N, n) that no training picture has; all false if not known."""
        names = [self.schema.describe(row) for row in labels]
        return [name for name in names if self.trained_on and name not in self.trained_on]

    def latents(
        self, labels: np.ndarray, seeds: Sequence[int], truncation: float = 1.0
    ) -> np.ndarray:
        """The latents for labels (N, n) and the rows' seeds: float32 (N, L).

        Args:
            labels: Labels, multi-hot (N, n).
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """
        noise = row_noise(
            self.generator.latent, tf.constant(seeds, tf.int64), self.generator.noise_dim
        )
        return self.generator.latents(noise * truncation, tf.constant(labels)).numpy()

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Latents (N, L) to pictures: uint8 (N, S, S, 3)."""
        return to_uint8(in_batches(self.generator.decode, latents))

    def sample(
        self, labels: np.ndarray, seeds: Sequence[int], truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures of labels (N, n) and the rows' seeds: uint8 (N, S, S, 3); see `latents`."""
        return self.decode(self.latents(labels, seeds, truncation))

    def unlabelled(self, noise: tf.Tensor) -> tf.Tensor:
        """Pictures of noise (N, noise_dim), of a generator without labels: float32 in [−1, 1]."""
        return self.generator.sample(noise, tf.zeros((tf.shape(noise)[0], 0)))

    def reconstruct(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) through encoder and decoder of stage one, as uint8."""
        autoencoder = self._autoencoder()
        return to_uint8(in_batches(lambda rows: autoencoder(scaled(rows))[0], pictures))

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) to label logits, float32 (N, n)."""
        autoencoder = self._autoencoder()
        return in_batches(lambda rows: autoencoder.read(scaled(rows)), pictures)

    def _autoencoder(self) -> LabelledAutoencoder:
        if self.autoencoder is None:
            raise InputError("This run has no autoencoder; it can neither read nor reconstruct.")
        return self.autoencoder

    # What scores ask (`metrics.subject.Generates`).

    @property
    def step(self) -> int:
        """The step of the training that the generator comes from."""
        return int(self.generator.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all that pictures depend on beside labels and seeds."""
        return self.generator.fingerprint()

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """A picture for the labels and the seed of each condition: uint8 (N, S, S, 3)."""
        return self.sample(conditions.labels, seeds)
