"""A GAN of pictures that draws from noise alone."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of
from keras_t2i.adversarial.latents import ClippedGaussian, Gaussian, Uniform
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.training.constraints import Unconstrained, WeightClipping
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, RMSProp

if TYPE_CHECKING:
    import keras

    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.unconditional.task import UnconditionalTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class UnconditionalGanStage:
    """Trains DCGAN's networks on pictures (Radford et al. 2015).

    Args:
        epochs: Visits of every picture.
        batch_size: Pictures a move.
        width: Channels at half the picture's size; doubled from scale to scale.
        max_width: Channels at most.
        noise_dim: Width of z.
        latent: Distribution of z.
        loss: The adversarial loss.
        critic_normalized: Whether the critic has BatchNorm.
        critic_terms: Further terms of the critic's loss.
        critic_constraint: What the critic's weights must obey.
        augmentations: What the critic's pictures undergo, real and fake alike.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generator's.
        critic_optimizer: The critic's.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between sample grids.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 25
    batch_size: int = 128
    width: int = 64
    max_width: int = 512
    noise_dim: int = 100
    latent: Gaussian | ClippedGaussian | Uniform = field(default_factory=Uniform)
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein = field(
        default_factory=NonSaturating
    )
    critic_normalized: bool = True
    critic_terms: tuple[GradientPenalty, ...] = ()
    critic_constraint: Unconstrained | WeightClipping = field(default_factory=Unconstrained)
    augmentations: tuple[Translation | Cutout, ...] = ()
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam | RMSProp = field(default_factory=Adam)
    critic_optimizer: Adam | RMSProp = field(default_factory=Adam)
    precision: Precision = "auto"
    sample_every: int = 5
    checkpoint_minutes: float = 2.0

    name = "gan"

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
            loss=self.loss,
            latent=self.latent,
            critic_constraint=self.critic_constraint,
            augmentations=self.augmentations,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return full

    def pictures(self, split: "Split", rows: int, seed: int, step: int) -> Any:
        """The data set of batches from a step on."""
        from keras_t2i.pipelines.plain import plain_pictures

        return plain_pictures(split, rows, seed=seed, start_step=step)

    @property
    def input_width(self) -> int:
        """Width of what the generator draws from."""
        return self.noise_dim

    def channels(self, image_size: int) -> tuple[int, ...]:
        """Widths from half the picture's size down to 4×4."""
        from keras_t2i.networks.trunks import checked_widths

        return checked_widths(image_size, self.width, self.max_width)

    def generator(self, image_size: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.unconditional.networks import PictureGenerator

        return PictureGenerator(self.channels(image_size)[::-1], name=name)

    def critic(self, image_size: int) -> "keras.Model":
        """The critic, untrained."""
        from keras_t2i.networks.discriminator import PictureDiscriminator

        return PictureDiscriminator(self.channels(image_size), self.critic_normalized)

    def assembled(self, **parts: Any) -> "UnconditionalGAN":
        """The model of networks, optimizers and rules."""
        from keras_t2i.adversarial.unconditional import UnconditionalGAN

        return UnconditionalGAN(critic_extras=self.critic_terms, **parts)

    def build(self, task: "UnconditionalTask") -> "Training":
        """The stage on the task's pictures."""
        experiment, rows = task.experiment, rows_of(self)
        task.seed()
        model = self.model(self.image_size(task.info.image_size), experiment.seed)
        return by_epochs(
            self,
            model,
            lambda step: self.pictures(task.split, rows, experiment.seed, step),
            len(task.split.images),
            xla=experiment.xla,
            draw=lambda step: task.draw_samples(model, step),
            finish=lambda: task.finish_samples(model),
        )
