"""Sampler from pictures to pictures: a trained generator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from keras_t2i.images.batches import in_batches, scaled, to_uint8
from keras_t2i.images.given import Picture, read_pictures, whiteness
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN
from keras_t2i.training.tracked_model import fingerprint_of


@dataclass(frozen=True)
class TranslationSampler:
    """Makes pictures of pictures.

    Args:
        gan: The GAN, from sources to pictures.
        source_shape: Height, width and channels of the sources; a fourth channel is the mask of
            holes.
        sources_of: Function that gives the sources of the conditions' real pictures, float32 (N,
            …).
    """

    gan: ImageToImageGAN
    source_shape: tuple[int, ...]
    sources_of: Callable[[Conditions], np.ndarray]

    def translate(self, sources: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) that the averaged generator makes of sources (N, …)."""
        return to_uint8(in_batches(self.gan.sample, sources))

    def sources(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Pictures as the network takes them, float32 (N, side, side, channels).

        Of a network that fills holes, what is white in a picture is the hole.
        """
        read = read_pictures(pictures, self.source_shape[0])
        images = np.asarray(scaled(read))
        if self.source_shape[2] == 3:
            return images
        mask = whiteness(read)[..., None].astype("float32")
        return np.concatenate([images * (1 - mask), mask], -1)

    # What scores ask (`metrics.subject.Generates`).

    @property
    def step(self) -> int:
        """The step of the training that the generator comes from."""
        return int(self.gan.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        return fingerprint_of(self.gan.average.get_weights())

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """Translations of the sources of the conditions' real pictures: uint8 (N, S, S, 3)."""
        return self.translate(self.sources_of(conditions))
