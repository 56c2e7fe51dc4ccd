"""PSC-GAN's first stage: the autoencoder and its label head."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keras_t2i.components.registry import component
from keras_t2i.networks.layers.enlarging_specs import (
    DoublingSpec,
    EnlargingSpec,
    Repeated,
    Transposed,
)
from keras_t2i.networks.widths import checked_widths
from keras_t2i.pipelines.requirements import require_labels
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.stage import Given, Stage, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.networks import Decoder


@component
class FaceNetworks:
    """Sizes of the networks; their depth follows from the pictures' size.

    Args:
        width: Channels at the picture's size; doubled from scale to scale.
        max_width: Largest number of channels.
        latent_dim: Width of the latent vector.
        head_dim: Width of the label head's hidden layer.
        enlarging: Layer by which the decoder enlarges.
        doubling: Way in which the decoder doubles features of smaller scales before it adds them.
    """

    width: int = 32
    max_width: int = 512
    latent_dim: int = 512
    head_dim: int = 256
    enlarging: EnlargingSpec = field(default_factory=Transposed)
    doubling: DoublingSpec = field(default_factory=Repeated)

    def down(self, image_size: int) -> tuple[int, ...]:
        """Channels from half the picture's size down to 4×4.

        Raises:
            InputError: The size is not a power of two, or below 8.
        """
        return checked_widths(image_size, self.width, self.max_width)

    def decoder(self, image_size: int) -> "Decoder":
        """A decoder to pictures of the size."""
        from keras_t2i.tasks.labels_to_image.networks import Decoder

        channels = (*self.down(image_size)[::-1], self.width)
        enlarging, doubling = self.enlarging.layer(), self.doubling.function()
        return Decoder(channels, self.latent_dim, enlarging, doubling)


@dataclass(frozen=True, kw_only=True)
class AutoencoderGiven(Given):
    """Training data of an autoencoder.

    Args:
        split: The training pictures with their labels.
        labels: Number of labels n.
        networks: Sizes of the networks.
    """

    split: "Split"
    labels: int
    networks: FaceNetworks


@component
class AutoencoderStage(Stage):
    """Trains encoder, decoder and label head on labelled pictures (PSC-GAN, eq. 1–3).

    Args:
        epochs: Number of visits of every picture.
        batch_size: Number of pictures per step.
        learning_rate: Learning rate of Adam.
        label_weight: Factor λ of the labels' loss.
        balanced: Whether every combination of labels is drawn equally often.
        data_augmentation: Random crop and mirror image of the training pictures.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
        sample_every: Epochs between pictures of reconstructions.
        checkpoint_minutes: Minutes between checkpoints.
    """

    epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 5e-4
    label_weight: float = 1.0
    balanced: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    precision: Precision = "auto"
    sample_every: int = 10
    checkpoint_minutes: float = 2.0

    name, length = "autoencoder", "epochs"

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without labels."""
        require_labels(info)

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

    def build(self, given: AutoencoderGiven) -> Training:
        """The stage on labelled pictures."""
        from keras_t2i.tasks.labels_to_image.labelled_training import labelled_training

        model = self.model(given.networks, given.split.info.image_size, given.labels)
        return labelled_training(self, model, given)
