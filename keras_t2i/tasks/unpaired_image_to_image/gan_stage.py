"""CycleGAN's stage."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of, steps_of
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam

if TYPE_CHECKING:
    from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN
    from keras_t2i.tasks.unpaired_image_to_image.task import UnpairedImageToImageTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class CycleGanStage:
    """Trains two generators that undo each other (Zhu et al. 2017, sections 4 and 7).

    Args:
        epochs: Visits of every picture of the larger kind.
        batch_size: Pictures of each kind a step.
        width: Channels of the generators at full size.
        blocks: Their residual blocks.
        critic_width: Channels of the critics' first convolution.
        patch_layers: Their convolutions of stride 2: 3 see 70×70 pixels, 2 see 34×34.
        loss: The adversarial loss.
        cycle_weight: λ of the cycles' absolute error.
        identity_weight: Factor of the error on pictures that are of the wanted kind already; half
            of λ keeps colours (section 5.2), 0 leaves it out.
        pool: Fakes that are kept for each critic.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generators'.
        critic_optimizer: The critics'.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between sample grids.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 200
    batch_size: int = 1
    width: int = 64
    blocks: int = 6
    critic_width: int = 64
    patch_layers: int = 3
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein = field(
        default_factory=lambda: LeastSquares(1.0)
    )
    cycle_weight: float = 10.0
    identity_weight: float = 0.0
    pool: int = 50
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam = field(default_factory=lambda: Adam(held=0.5))
    critic_optimizer: Adam = field(default_factory=lambda: Adam(held=0.5))
    precision: Precision = "auto"
    sample_every: int = 10
    checkpoint_minutes: float = 2.0

    name = "gan"

    def model(self, image_size: int, steps: int = 1, seed: int = 0) -> "CycleGAN":
        """The GAN, untrained, for a training of so many steps.

        Raises:
            InputError: The pictures' size is not a power of two, or below 8; or a pool smaller than
                a batch.
        """
        import tensorflow as tf

        from keras_t2i.networks.patch_critic import PatchCritic
        from keras_t2i.networks.trunks import checked_widths
        from keras_t2i.pipelines.errors import InputError
        from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN
        from keras_t2i.tasks.unpaired_image_to_image.networks import (
            ResidualTranslator,
            instance_norm,
        )

        checked_widths(image_size, 1, 1)
        if self.pool < self.batch_size:
            raise InputError(
                f"The pool must hold a batch, {self.batch_size}. Received: pool={self.pool}."
            )
        widths = [self.critic_width * 2**i for i in range(self.patch_layers)]
        with precision_policy(self.precision):
            generators = [ResidualTranslator(self.width, self.blocks) for _ in range(4)]
            critics = tuple(PatchCritic(widths, instance_norm) for _ in range(2))
        images = tf.zeros((1, image_size, image_size, 3))
        for generator in generators:
            generator(images)
        for critic in critics:
            critic((images,))
        return CycleGAN(
            to_second=generators[0],
            to_first=generators[1],
            averages=(generators[2], generators[3]),
            critics=critics,
            optimizers=(self.generator_optimizer.make(steps), self.critic_optimizer.make(steps)),
            loss=self.loss,
            cycle_weight=self.cycle_weight,
            identity_weight=self.identity_weight,
            pool_size=self.pool,
            image_size=image_size,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def build(self, task: "UnpairedImageToImageTask") -> "Training":
        """The stage on the task's pictures of both kinds."""
        from keras_t2i.pipelines.unpaired import unpaired_pictures

        experiment, rows = task.experiment, rows_of(self)
        first, second = task.kinds(task.split)
        records = max(len(first.images), len(second.images))
        task.seed()
        steps = steps_of(self, records) * self.epochs
        model = self.model(task.info.image_size, steps, experiment.seed)

        def dataset(step: int) -> Any:
            return unpaired_pictures(first, second, rows, seed=experiment.seed, start_step=step)

        return by_epochs(
            self,
            model,
            dataset,
            records,
            xla=experiment.xla,
            draw=lambda step: task.draw_samples(model, step),
            finish=lambda: task.finish_samples(model),
        )
