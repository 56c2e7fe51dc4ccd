"""PSC-GAN's first stage: an autoencoder whose latent vector tells the labels."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.networks.soft_margin import soft_margin
from keras_t2i.tasks.labels_to_image.networks import Decoder, Encoder, LabelHead
from keras_t2i.training.tracked_model import TrackedModel
from keras_t2i.training.train_state import Objective, Terms, TrainState


class LabelledAutoencoder(TrackedModel):
    """E, G and C, trained together (PSC-GAN, eq. 1–3).

        L_1 = mean (x − G(E(x)))² + λ softmargin(C(E(x)), y)

    Args:
        encoder: The encoder E of pictures.
        decoder: The decoder G of latents.
        head: Label head C.
        optimizer: Optimizer of all three networks.
        label_weight: Factor λ of the labels' loss.
    """

    def __init__(
        self,
        *,
        encoder: Encoder,
        decoder: Decoder,
        head: LabelHead,
        optimizer: keras.optimizers.Optimizer,
        label_weight: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder, self.head = encoder, decoder, head
        self.label_weight = label_weight
        latent = encoder(tf.zeros((1, decoder.image_size, decoder.image_size, 3)))
        decoder(latent)
        head(latent)
        self.train_state = TrainState([encoder, decoder, head], optimizer)

    def call(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Images (N, S, S, 3) in [−1, 1] → reconstructions (N, S, S, 3), label logits (N, n)."""
        latent = self.encoder(images, training=training)
        return self.decoder(latent, training=training), self.head(latent)

    def terms(self, data: dict[str, tf.Tensor]) -> Terms:
        """The named terms of L_1 on a batch of `image` and `labels`."""
        images, logits = self(data["image"], training=True)
        return {
            "reconstruction": tf.reduce_mean(tf.square(images - data["image"])),
            "labels": self.label_weight * soft_margin(logits, data["labels"]),
        }

    def prepare(self, **compile_options: Any) -> None:
        """Get ready for `fit`."""
        self.ready(("reconstruction", "labels", "gradient_norm"), **compile_options)

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> Terms:
        """One step of all three networks."""
        values, norm = self.train_state.minimize(lambda: Objective(self.terms(data)))
        return self.track(values.terms | {"gradient_norm": norm})

    def read(self, images: tf.Tensor) -> tf.Tensor:
        """C*(E*(x)): images (N, S, S, 3) in [−1, 1] → label logits (N, n), as frozen."""
        return self.head(self.encoder(images, training=False))

    def trained_parts(self) -> dict[str, Any]:
        """Weights, optimizer, step."""
        return {"model": self, "optimizer": self.train_state.optimizer}
