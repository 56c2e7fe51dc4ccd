"""PSC-GAN's second stage: the GAN of labels."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.augmentation import Augmentation
from keras_t2i.adversarial.averaging import (
    Average,
    ExponentialAverage,
)
from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.adversarial.terms import GeneratorTerm, Term
from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.requirements import require_labels
from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
from keras_t2i.tasks.labels_to_image.initializers import FromAutoencoder, Initializer, Latents
from keras_t2i.tasks.labels_to_image.terms import LabelFeedback
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import adam_pair
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.gan import LabelGAN


@dataclass(frozen=True, kw_only=True)
class LabelGanGiven(Given):
    """Inputs from which a GAN of labels is built.

    Args:
        split: The training pictures with their labels.
        labels: Number of labels n.
        networks: Sizes of the networks.
        autoencoder: The first stage's model, trained and frozen; `None` where it is not needed.
        latents: Function that gives the encoder's latents of the training pictures, and their
            labels.
    """

    split: "Split"
    labels: int
    networks: FaceNetworks
    autoencoder: "LabelledAutoencoder | None"
    latents: Latents


@component
class LabelGanStage(EpochStage):
    """Trains the decoder as a generator against a fresh discriminator (PSC-GAN, eq. 4–6).

    Args:
        conditioned: Whether the generator receives the labels; else noise alone.
        initializer: First weights of the generator.
        noise_dim: Width of the noise z.
        latent: Distribution of the noise z.
        generator_terms: Further terms of the generator's loss.
        augmentations: Augmentations of the discriminator's pictures, real and fake alike.
        critic_normalized: Whether the discriminator has BatchNorm.
        balanced: Whether every combination of labels is drawn equally often.
        data_augmentation: Random crop and mirror image of the training pictures.
        generator_learning_rate: Learning rate of the generator's Adam.
        discriminator_learning_rate: Learning rate of the discriminator's Adam.
        beta_1: Decay β₁ of both Adam optimizers.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
    """

    epochs: int = 30
    batch_size: int = 32
    conditioned: bool = True
    initializer: Initializer = field(default_factory=FromAutoencoder)
    noise_dim: int = 100
    latent: Latent = field(default_factory=Gaussian)
    generator_terms: tuple[GeneratorTerm, ...] = (LabelFeedback(),)
    augmentations: tuple[Augmentation, ...] = ()
    critic_normalized: bool = True
    averaging: Average = field(default_factory=ExponentialAverage)
    balanced: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: Share = 0.5
    precision: Precision = "auto"

    name = "gan"
    offers = frozenset({"labels"})

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The further terms of both players' losses, by the field that has them."""
        return {**super().terms, "generator_terms": self.generator_terms}

    @property
    def needs_autoencoder(self) -> bool:
        """Whether the stage uses what an autoencoder's stage has trained."""
        return bool(self.generator_terms) or self.initializer.needs_autoencoder

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without labels."""
        require_labels(info)

    def model(
        self,
        networks: FaceNetworks,
        image_size: int,
        labels: int,
        reader: Any = None,
        seed: int = 0,
    ) -> "LabelGAN":
        """The GAN, untrained.

        Args:
            networks: Sizes of the networks.
            image_size: Side of the pictures.
            labels: Number of labels n.
            reader: Network that `LabelFeedback` reads pictures with; `None` where nothing is
                trained.
            seed: Seed of all noise of the GAN.
        """
        from keras_t2i.networks.discriminator import PictureDiscriminator
        from keras_t2i.tasks.labels_to_image.gan import LabelGAN
        from keras_t2i.tasks.labels_to_image.networks import LabelGenerator

        def generator(name: str) -> LabelGenerator:
            label_dim = labels if self.conditioned else 0
            decoder = networks.decoder(image_size)
            return LabelGenerator(decoder, self.noise_dim, label_dim, name=name)

        with precision_policy(self.precision):
            network, average = generator("generator"), generator("average")
            discriminator = PictureDiscriminator(networks.down(image_size), self.critic_normalized)
        return LabelGAN(
            network=network,
            average=average,
            discriminator=discriminator,
            reader=reader,
            optimizers=adam_pair(
                self.generator_learning_rate, self.discriminator_learning_rate, self.beta_1
            ),
            latent=self.latent,
            generator_extras=self.generator_terms,
            augmentations=self.augmentations,
            **self.game(seed),
        )

    def build(self, given: LabelGanGiven) -> Training:
        """The stage on labelled pictures and the trained autoencoder."""
        from keras_t2i.pipelines.labels import labelled_pictures

        autoencoder = given.autoencoder
        reader = autoencoder.read if autoencoder and self.generator_terms else None
        size = given.split.info.image_size
        model = self.model(given.networks, size, given.labels, reader, given.seed)
        decoder = autoencoder.decoder if autoencoder else None
        self.initializer.prepare(model.network, decoder, given.latents)
        model.average.set_weights(model.network.get_weights())

        def dataset(step: int, **options: Any) -> Any:
            return labelled_pictures(
                given.split,
                self.rows,
                seed=given.seed,
                balanced=self.balanced,
                augmentation=self.data_augmentation,
                start_step=step,
                **options,
            )

        return self.training_of(given, model, dataset, len(given.split.images), at_start=True)
