"""First weights of a label GAN's generator."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from keras_t2i.components.registry import component

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.networks import Decoder, LabelGenerator

Latents = Callable[[], tuple[np.ndarray, np.ndarray]]


class Initializer(ABC):
    """The first weights of a label GAN's generator; each is a component."""

    needs_autoencoder: ClassVar[bool]

    @abstractmethod
    def prepare(
        self, generator: "LabelGenerator", decoder: "Decoder | None", latents: Latents
    ) -> None:
        """Set the generator's first weights.

        Args:
            generator: The generator, untrained.
            decoder: The autoencoder's decoder, trained; `None` where there is none.
            latents: Function that gives the encoder's latents (N, L) of the training pictures and
                their labels (N, n).
        """


@component
class RandomWeights(Initializer):
    """Random weights: the vanilla GAN."""

    needs_autoencoder: ClassVar[bool] = False

    def prepare(
        self, generator: "LabelGenerator", decoder: "Decoder | None", latents: Latents
    ) -> None:
        """Leave the generator as it is."""


@component
class FromAutoencoder(Initializer):
    """The decoder of stage one (PSC-GAN, section III.2).

    Args:
        fit_entry_layer: Whether the dense layer in front of the decoder is fitted too, so that
            FC([z ; c]) has the mean and covariance that the encoder's latents have given the
            labels. Else that layer starts at random, as in the paper, and the decoder first sees
            latents that it has never met.
    """

    fit_entry_layer: bool = False

    needs_autoencoder: ClassVar[bool] = True

    def prepare(
        self, generator: "LabelGenerator", decoder: "Decoder | None", latents: Latents
    ) -> None:
        """Copy the decoder, and fit the layer before it if asked."""
        assert decoder is not None
        generator.decoder.set_weights(decoder.get_weights())
        if self.fit_entry_layer:
            found, labels = latents()
            kernel, bias = latent_fit(found, labels[:, : generator.label_dim], generator.noise_dim)
            generator.entry.set_weights([kernel, bias])


def latent_fit(
    latents: np.ndarray, labels: np.ndarray, noise_dim: int
) -> tuple[np.ndarray, np.ndarray]:
    """The dense layer that makes of noise and labels vectors distributed as latents are.

    Least squares gives the mean latent of labels; the noise spans the largest principal axes of
    what is left, each with its deviation.

    Args:
        latents: Latents, float (N, L).
        labels: Labels, multi-hot (N, n); n may be 0.
        noise_dim: Width of z ~ N(0, 1).

    Returns:
        Kernel float32 (noise_dim + n, L) and bias float32 (L,).
    """
    latents = latents.astype("float64")
    design = np.concatenate([labels, np.ones((len(labels), 1))], axis=1)
    mean = np.linalg.lstsq(design, latents, rcond=None)[0]
    residual = latents - design @ mean
    _, deviations, axes = np.linalg.svd(residual / np.sqrt(len(residual)), full_matrices=False)
    kernel = np.zeros((noise_dim, latents.shape[1]))
    kept = min(noise_dim, len(deviations))
    kernel[:kept] = deviations[:kept, None] * axes[:kept]
    return np.concatenate([kernel, mean[:-1]]).astype("float32"), mean[-1].astype("float32")
