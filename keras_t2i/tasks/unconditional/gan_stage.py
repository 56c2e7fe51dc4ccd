"""GANs of pictures that draw from noise alone."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.augmentation import Augmentation
from keras_t2i.adversarial.latents import Latent, Uniform
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.components.registry import component
from keras_t2i.networks.widths import checked_widths
from keras_t2i.training.constraints import Constraint, Unconstrained
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    import keras

    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.pipelines.records import DatasetInfo, Split


@dataclass(frozen=True, kw_only=True)
class PictureGiven(Given):
    """Training data of a GAN of pictures.

    Args:
        split: The training pictures.
    """

    split: "Split"


@component
class PictureGanStage(EpochStage):
    """Base of all GANs of pictures from noise, whatever their networks.

    Args:
        critic_constraint: Constraint on the critic's weights.
        augmentations: Augmentations of the critic's pictures, real and fake alike.
        generator_optimizer: The generator's optimizer.
        critic_optimizer: The critic's optimizer.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
    """

    batch_size: int = 128
    critic_constraint: Constraint = field(default_factory=Unconstrained)
    augmentations: tuple[Augmentation, ...] = ()
    generator_optimizer: OptimizerSpec = field(default_factory=Adam)
    critic_optimizer: OptimizerSpec = field(default_factory=Adam)
    precision: Precision = "auto"

    @property
    def name(self) -> str:
        """Name of the stage's folder."""
        return "gan"

    @property
    @abstractmethod
    def input_width(self) -> int:
        """Width of the generator's input."""

    @abstractmethod
    def generator(self, image_size: int, name: str) -> "keras.Model":
        """The generator, untrained."""

    @abstractmethod
    def critic(self, image_size: int) -> "keras.Model":
        """The critic, untrained."""

    @abstractmethod
    def assembled(self, **parts: Any) -> "UnconditionalGAN":
        """The model of networks, optimizers and rules.

        Args:
            **parts: Arguments of `UnconditionalGAN`, but the latent.
        """

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return full

    def pictures(self, split: "Split", rows: int, seed: int, step: int, **options: Any) -> Any:
        """The data set of batches from a step on.

        Args:
            split: The training pictures.
            rows: Number of pictures in a batch.
            seed: Seed of all random draws.
            step: The first step.
            **options: Options of its batches (`pipelines.batching.BatchOptions`).
        """
        from keras_t2i.pipelines.plain import plain_pictures

        return plain_pictures(split, rows, seed=seed, start_step=step, **options)

    def model(self, image_size: int, seed: int = 0) -> "UnconditionalGAN":
        """The GAN, untrained.

        Raises:
            InputError: The pictures' size is not a power of two, or below 8.
        """
        import tensorflow as tf

        with precision_policy(self.precision):
            network, average = (
                self.generator(image_size, name) for name in ("generator", "average")
            )
            critic = self.critic(image_size)
        for generator in (network, average):
            images = generator(tf.zeros((1, self.input_width)))
        critic(images)
        return self.assembled(
            noise_dim=self.input_width,
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            critic_constraint=self.critic_constraint,
            augmentations=self.augmentations,
            **self.game(seed),
        )

    def build(self, given: PictureGiven) -> Training:
        """The stage on pictures."""
        model = self.model(self.image_size(given.split.info.image_size), given.seed)

        def dataset(step: int, **options: Any) -> Any:
            return self.pictures(given.split, self.rows, given.seed, step, **options)

        return self.training_of(given, model, dataset, len(given.split.images))


@component
class NoiseGanStage(PictureGanStage):
    """A GAN of pictures whose noise is one distribution.

    Args:
        noise_dim: Width of the noise z.
        latent: Distribution of the noise z.
    """

    noise_dim: int = 100
    latent: Latent = field(default_factory=Uniform)

    @property
    def input_width(self) -> int:
        """Width of the noise z."""
        return self.noise_dim

    def assembled(self, **parts: Any) -> "UnconditionalGAN":
        """The model of networks, optimizers and rules."""
        from keras_t2i.adversarial.unconditional import UnconditionalGAN

        return UnconditionalGAN(latent=self.latent, **parts)


@component
class ConvolutionalStage(PictureGanStage):
    """DCGAN's networks (Radford et al. 2015).

    Args:
        width: Channels at half the picture's size; doubled from scale to scale.
        max_width: Largest number of channels.
    """

    width: int = 64
    max_width: int = 512

    def channels(self, image_size: int) -> tuple[int, ...]:
        """Widths from half the picture's size down to 4×4."""
        return checked_widths(image_size, self.width, self.max_width)

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse pictures of a side that the networks cannot have."""
        self.channels(self.image_size(info.image_size))

    def generator(self, image_size: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.unconditional.networks import PictureGenerator

        return PictureGenerator(self.channels(image_size)[::-1], name=name)


@component
class UnconditionalGanStage(ConvolutionalStage, NoiseGanStage):
    """Trains DCGAN's networks on pictures (Radford et al. 2015).

    Args:
        critic_normalized: Whether the critic has BatchNorm.
    """

    critic_normalized: bool = True

    def critic(self, image_size: int) -> "keras.Model":
        """The critic, untrained."""
        from keras_t2i.networks.discriminator import PictureDiscriminator

        return PictureDiscriminator(self.channels(image_size), self.critic_normalized)
