"""Where the generator of a label GAN starts from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.networks import LabelGenerator
    from keras_t2i.tasks.labels_to_image.task import LabelsToImageTask


@dataclass(frozen=True)
class RandomWeights:
    """Random weights: the vanilla GAN."""

    def prepare(self, generator: "LabelGenerator", task: "LabelsToImageTask") -> None:
        """Leave the generator as it is."""

    def needs_autoencoder(self) -> bool:
        """No."""
        return False


@dataclass(frozen=True)
class FromAutoencoder:
    """The decoder of stage one (PSC-GAN, section III.2).

    Args:
        match_latent: Also fit the dense layer in front of it, so that FC([z ; c]) has the mean and
            covariance that the encoder's latents have given the labels. Else that layer starts at
            random, as in the paper, and the decoder first sees latents that it has never met.
    """

    match_latent: bool = False

    def prepare(self, generator: "LabelGenerator", task: "LabelsToImageTask") -> None:
        """Set the generator's first weights."""
        generator.decoder.set_weights(task.autoencoder.decoder.get_weights())
        if self.match_latent:
            latents, labels = task.latents()
            kernel, bias = latent_fit(
                latents, labels[:, : generator.label_dim], generator.noise_dim
            )
            generator.entry.set_weights([kernel, bias])

    def needs_autoencoder(self) -> bool:
        """Yes."""
        return True


def latent_fit(
    latents: np.ndarray, labels: np.ndarray, noise_dim: int
) -> tuple[np.ndarray, np.ndarray]:
    """The dense layer that makes of noise and labels vectors distributed as latents are.

    Least squares gives the mean latent of labels; the noise spans the largest principal axes of
    what is left, each with its deviation.

    Args:
        latents: float (N, L).
        labels: Multi-hot (N, n); n may be 0.
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
