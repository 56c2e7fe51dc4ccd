"""The stages of LAPGAN: the coarsest pictures, then each level."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.latents import Latent, Uniform
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.components.registry import component
from keras_t2i.networks.widths import checked_widths
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.unconditional.gan_stage import PictureGiven, UnconditionalGanStage
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.pyramid.gan import LaplacianLevelGAN


@component
class PyramidBaseStage(UnconditionalGanStage):
    """Trains a GAN of the coarsest pictures.

    Args:
        side: Side of these pictures, a power of two, at least 8.
    """

    side: int = 16

    @property
    def name(self) -> str:
        """Name of the stage's folder."""
        return f"level-{self.side}"

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return self.side

    def pictures(self, split: "Split", rows: int, seed: int, step: int, **options: Any) -> Any:
        """The data set of batches from a step on."""
        return small_pictures(split, self.side, rows, seed, step, **options)


@component
class PyramidLevelStage(EpochStage):
    """Trains a GAN of the detail that pictures of half the side lack (Denton et al. 2015).

    Args:
        side: Side of the pictures, a power of two, at least 8.
        width: Channels of the generator.
        layers: Number of the generator's convolutions before the last.
        critic_width: Channels of the critic at half the side; doubled from scale to scale.
        critic_max_width: Largest number of channels of the critic.
        latent: Distribution of the planes of noise.
        generator_optimizer: The generator's optimizer.
        critic_optimizer: The critic's optimizer.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
    """

    side: int = 64
    width: int = 64
    layers: int = 3
    critic_width: int = 64
    critic_max_width: int = 512
    latent: Latent = field(default_factory=Uniform)
    generator_optimizer: OptimizerSpec = field(default_factory=Adam)
    critic_optimizer: OptimizerSpec = field(default_factory=Adam)
    precision: Precision = "auto"

    @property
    def name(self) -> str:
        """Name of the stage's folder."""
        return f"level-{self.side}"

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse a side that the networks cannot have."""
        checked_widths(self.side, self.critic_width, self.critic_max_width)

    def model(self, seed: int = 0) -> "LaplacianLevelGAN":
        """The GAN, untrained."""
        import tensorflow as tf

        from keras_t2i.tasks.pyramid.gan import LaplacianLevelGAN, RefinedCritic, Refiner

        channels = checked_widths(self.side, self.critic_width, self.critic_max_width)
        with precision_policy(self.precision):
            network, average = (
                Refiner(self.width, self.layers, name=name) for name in ("generator", "average")
            )
            critic = RefinedCritic(channels)
        coarse, noise = tf.zeros((1, self.side, self.side, 3)), tf.zeros((1, self.side**2))
        for generator in (network, average):
            images = generator(coarse, noise)
        critic(coarse, images)
        return LaplacianLevelGAN(
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            latent=self.latent,
            **self.game(seed),
        )

    def build(self, given: PictureGiven) -> Training:
        """The stage on pictures."""
        model = self.model(given.seed)

        def dataset(step: int, **options: Any) -> Any:
            return small_pictures(given.split, self.side, self.rows, given.seed, step, **options)

        return self.training_of(given, model, dataset, len(given.split.images))


def small_pictures(
    split: "Split", side: int, rows: int, seed: int, step: int, **options: Any
) -> Any:
    """Pictures at a smaller side: I_{k+1} = d(I_k), the same d that each level's condition is of.

    Args:
        split: The pictures.
        side: The smaller side.
        rows: Number of pictures in a batch.
        seed: Seed of all random draws.
        step: The first step.
        **options: Options of its batches (`pipelines.batching.BatchOptions`).

    Raises:
        InputError: The data's side is not the side doubled some times.
    """
    from keras_t2i.pipelines.plain import plain_pictures
    from keras_t2i.pipelines.scaling import with_floats
    from keras_t2i.tasks.pyramid.gan import coarsened

    times, rest = divmod(split.info.image_size, side)
    if rest or not times or times & (times - 1):
        raise InputError(
            f"A level of side {side} needs pictures of that side doubled some times. "
            f"Received: {split.info.image_size}."
        )
    batches = plain_pictures(split, rows, seed=seed, start_step=step, **options)
    return batches.map(lambda batch: {"image": coarsened(with_floats(batch)["image"], side)})
