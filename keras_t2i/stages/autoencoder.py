"""PSC-GAN's first stage: the autoencoder and its label head."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_t2i.hardware import Precision, precision_policy

if TYPE_CHECKING:
    from keras_t2i.labels_to_image import LabelWorkshop
    from keras_t2i.models.autoencoder import LabelledAutoencoder
    from keras_t2i.models.psc_networks import Decoder
    from keras_t2i.training import Training


@dataclass(frozen=True)
class FaceNetworks:
    """Sizes of the networks; their depth follows from the pictures' size.

    Args:
        width: Channels at the picture's size; doubled from scale to scale.
        max_width: Channels at most.
        latent_dim: Width of the latent vector.
        head_dim: Width of the label head's hidden layer.
    """

    width: int = 32
    max_width: int = 512
    latent_dim: int = 512
    head_dim: int = 256

    def down(self, image_size: int) -> tuple[int, ...]:
        """Channels from half the picture's size down to 4×4.

        Raises:
            InputError: The size is not a power of two, or below 8.
        """
        from keras_t2i.models.trunks import checked_widths

        return checked_widths(image_size, self.width, self.max_width)

    def decoder(self, image_size: int) -> "Decoder":
        """A decoder to pictures of the size."""
        from keras_t2i.models.psc_networks import Decoder

        return Decoder((*self.down(image_size)[::-1], self.width), self.latent_dim)


@dataclass(frozen=True)
class AutoencoderStage:
    """Trains encoder, decoder and label head on labelled pictures (PSC-GAN, eq. 1–3).

    Args:
        epochs: Visits of every picture.
        batch_size: Pictures a step.
        learning_rate: Adam's.
        label_weight: λ, the weight of the labels' loss.
        balanced: Draw every combination of labels equally often.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between pictures of reconstructions.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 5e-4
    label_weight: float = 1.0
    balanced: bool = False
    precision: Precision = "auto"
    sample_every: int = 10
    checkpoint_minutes: float = 2.0

    name = "autoencoder"

    def model(self, networks: FaceNetworks, image_size: int, labels: int) -> "LabelledAutoencoder":
        """The autoencoder, untrained, for `labels` labels."""
        from keras_t2i.layers.adam import FusedAdam
        from keras_t2i.models.autoencoder import LabelledAutoencoder
        from keras_t2i.models.psc_networks import Encoder, LabelHead

        with precision_policy(self.precision):
            return LabelledAutoencoder(
                encoder=Encoder(networks.down(image_size), networks.latent_dim),
                decoder=networks.decoder(image_size),
                head=LabelHead(labels, networks.head_dim),
                optimizer=FusedAdam(self.learning_rate),
                label_weight=self.label_weight,
            )

    def build(self, workshop: "LabelWorkshop") -> "Training":
        """The stage on the workshop's pictures."""
        from keras_t2i.callbacks.every import Every
        from keras_t2i.hardware import jit_compile
        from keras_t2i.training import Training
        from pipelines.labels import labelled_pictures

        experiment = workshop.experiment
        workshop.seed()
        model = self.model(experiment.networks, workshop.info.image_size, workshop.schema.width)
        model.prepare(jit_compile=jit_compile(experiment.xla))
        steps = max(1, len(workshop.split.images) // self.batch_size)
        return Training(
            model=model,
            dataset=lambda step: labelled_pictures(
                workshop.split,
                self.batch_size,
                seed=experiment.seed,
                balanced=self.balanced,
                start_step=step,
            ),
            steps=steps * self.epochs,
            interval=steps,
            rows_per_step=self.batch_size,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[
                Every(
                    steps * self.sample_every,
                    lambda step: workshop.draw_reconstructions(model, step),
                )
            ],
            finish=lambda: _finish(workshop, model),
        )


def _finish(workshop: "LabelWorkshop", model: "LabelledAutoencoder") -> dict[str, Any]:
    """The last reconstructions, and how well pictures and labels come back."""
    path = workshop.draw_reconstructions(model, int(model.step.numpy()))
    return {
        "samples": str(path.relative_to(workshop.run.path)),
        "train": workshop.autoencoder_scores(model, workshop.split),
        workshop.unseen_name: workshop.autoencoder_scores(model, workshop.unseen),
    }
