"""The stages of LAPGAN: the coarsest pictures, then each octave."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of
from keras_t2i.adversarial.latents import Gaussian, Uniform
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.unconditional.gan_stage import UnconditionalGanStage
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.pyramid.gan import LaplacianLevelGAN
    from keras_t2i.tasks.pyramid.task import PyramidTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class PyramidBaseStage(UnconditionalGanStage):
    """Trains a GAN of the coarsest pictures.

    Args:
        side: Of these pictures, a power of two, at least 8.
    """

    side: int = 16

    @property
    def name(self) -> str:
        """Names the folder of the stage."""
        return f"level-{self.side}"

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return self.side

    def pictures(self, split: "Split", rows: int, seed: int, step: int) -> Any:
        """The data set."""
        return small_pictures(split, self.side, rows, seed, step)


@dataclass(frozen=True)
class PyramidLevelStage:
    """Trains a GAN of the detail that pictures of half the side lack (Denton et al. 2015).

    Args:
        side: Of the pictures, a power of two, at least 8.
        epochs: Visits of every picture.
        batch_size: Pictures a move.
        width: Channels of the generator.
        layers: Its convolutions before the last.
        critic_width: Channels of the critic at half the side; doubled from scale to scale.
        critic_max_width: Its channels at most.
        latent: Distribution of the planes of noise.
        loss: The adversarial loss.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generator's.
        critic_optimizer: The critic's.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between sample grids.
        checkpoint_minutes: Time between checkpoints.
    """

    side: int = 64
    epochs: int = 25
    batch_size: int = 64
    width: int = 64
    layers: int = 3
    critic_width: int = 64
    critic_max_width: int = 512
    latent: Gaussian | Uniform = field(default_factory=Uniform)
    loss: NonSaturating | Minimax | LeastSquares | Hinge = field(default_factory=NonSaturating)
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam = field(default_factory=Adam)
    critic_optimizer: Adam = field(default_factory=Adam)
    precision: Precision = "auto"
    sample_every: int = 5
    checkpoint_minutes: float = 2.0

    @property
    def name(self) -> str:
        """Names the folder of the stage."""
        return f"level-{self.side}"

    def model(self, seed: int = 0) -> "LaplacianLevelGAN":
        """The GAN, untrained.

        Raises:
            InputError: The side is not a power of two, or below 8.
        """
        import tensorflow as tf

        from keras_t2i.networks.trunks import checked_widths
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
            loss=self.loss,
            latent=self.latent,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def build(self, task: "PyramidTask") -> "Training":
        """The stage on the task's pictures."""
        experiment, rows = task.experiment, rows_of(self)
        task.seed()
        model = self.model(experiment.seed)
        return by_epochs(
            self,
            model,
            lambda step: small_pictures(task.split, self.side, rows, experiment.seed, step),
            len(task.split.images),
            xla=experiment.xla,
            draw=lambda step: task.draw_level(self, model, step),
            finish=lambda: task.finish_level(self, model),
        )


def small_pictures(split: "Split", side: int, rows: int, seed: int, step: int) -> Any:
    """Pictures at a smaller side: I_{k+1} = d(I_k), the same d that each level's condition is of.

    Raises:
        InputError: The data's side is not the side doubled some times.
    """
    from keras_t2i.pipelines.plain import plain_pictures
    from keras_t2i.tasks.pyramid.gan import coarsened

    times, rest = divmod(split.info.image_size, side)
    if rest or not times or times & (times - 1):
        raise InputError(
            f"A level of side {side} needs pictures of that side doubled some times. "
            f"Received: {split.info.image_size}."
        )
    batches = plain_pictures(split, rows, seed=seed, start_step=step)
    return batches.map(lambda batch: {"image": coarsened(batch["image"], side)})
