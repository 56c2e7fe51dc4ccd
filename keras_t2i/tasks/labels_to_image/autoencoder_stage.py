"""PSC-GAN's first stage: the autoencoder and its label head."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_t2i.training.hardware import Precision, precision_policy

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.networks import Decoder
    from keras_t2i.tasks.labels_to_image.task import LabelsToImageTask
    from keras_t2i.training.loop import Training


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
        from keras_t2i.networks.trunks import checked_widths

        return checked_widths(image_size, self.width, self.max_width)

    def decoder(self, image_size: int) -> "Decoder":
        """A decoder to pictures of the size."""
        from keras_t2i.tasks.labels_to_image.networks import Decoder

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
        from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
        from keras_t2i.tasks.labels_to_image.networks import Encoder, LabelHead
        from keras_t2i.training.adam import FusedAdam

        with precision_policy(self.precision):
            return LabelledAutoencoder(
                encoder=Encoder(networks.down(image_size), networks.latent_dim),
                decoder=networks.decoder(image_size),
                head=LabelHead(labels, networks.head_dim),
                optimizer=FusedAdam(self.learning_rate),
                label_weight=self.label_weight,
            )

    def build(self, task: "LabelsToImageTask") -> "Training":
        """The stage on the task's pictures."""
        from keras_t2i.pipelines.labels import labelled_pictures
        from keras_t2i.training.callbacks.every import Every
        from keras_t2i.training.hardware import jit_compile
        from keras_t2i.training.loop import Training

        experiment = task.experiment
        task.seed()
        model = self.model(experiment.networks, task.info.image_size, task.schema.width)
        model.prepare(jit_compile=jit_compile(experiment.xla))
        steps = max(1, len(task.split.images) // self.batch_size)
        return Training(
            model=model,
            dataset=lambda step: labelled_pictures(
                task.split,
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
                    lambda step: task.draw_reconstructions(model, step),
                )
            ],
            finish=lambda: _finish(task, model),
        )


def _finish(task: "LabelsToImageTask", model: "LabelledAutoencoder") -> dict[str, Any]:
    """The last reconstructions, and how well pictures and labels come back."""
    path = task.draw_reconstructions(model, int(model.step.numpy()))
    return {
        "samples": str(path.relative_to(task.run.path)),
        "train": task.autoencoder_scores(model, task.split),
        task.unseen_name: task.autoencoder_scores(model, task.unseen),
    }
