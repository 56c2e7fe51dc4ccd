"""The autoencoder as a reader of labels (`metrics.subject.ReadsLabels`)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
from keras_t2i.training.tracked_model import fingerprint_of


@dataclass(frozen=True)
class AutoencoderReader:
    """Reads labels in pictures by encoder and label head.

    Args:
        labels: Names of the labels.
        image_size: Side of the pictures.
        autoencoder: The autoencoder, trained.
    """

    labels: tuple[str, ...]
    image_size: int
    autoencoder: LabelledAutoencoder

    def fingerprint(self) -> str:
        """sha256 of the weights that read."""
        parts = self.autoencoder.encoder, self.autoencoder.head
        return fingerprint_of(weight for part in parts for weight in part.get_weights())

    def features_and_logits(self, images: np.ndarray) -> tuple[Any, Any]:
        """Pictures float32 (N, S, S, 3) in [−1, 1] → latents (N, L), label logits (N, n)."""
        latents = self.autoencoder.encoder(images, training=False)
        return latents, self.autoencoder.head(latents)
