"""CycleGAN's stage."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.losses import (
    AdversarialLoss,
    LeastSquares,
)
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.components.registry import component
from keras_t2i.networks.widths import checked_widths
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN


@dataclass(frozen=True, kw_only=True)
class DomainsGiven(Given):
    """Training data of a CycleGAN.

    Args:
        domain_a: The training pictures of one domain.
        domain_b: The training pictures of the other domain.
    """

    domain_a: "Split"
    domain_b: "Split"


@component
class CycleGanStage(EpochStage):
    """Trains two generators that undo each other (Zhu et al. 2017, sections 4 and 7).

    An epoch visits every picture of the larger domain.

    Args:
        width: Channels of the generators at full size.
        blocks: Number of residual blocks of the generators.
        critic_width: Channels of the critics' first convolution.
        patch_layers: The critics' convolutions of stride 2: 3 see 70×70 pixels, 2 see 34×34.
        cycle_weight: Factor λ of the cycles' absolute error.
        identity_weight: Factor of the error on pictures that are of the target domain already; half
            of λ keeps colours (section 5.2), 0 leaves it out.
        pool: Number of fakes that are kept for each critic.
        generator_optimizer: The generators' optimizer.
        critic_optimizer: The critics' optimizer.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
    """

    epochs: int = 200
    batch_size: int = 1
    width: int = 64
    blocks: int = 6
    critic_width: int = 64
    patch_layers: int = 3
    loss: AdversarialLoss = field(default_factory=lambda: LeastSquares(1.0))
    cycle_weight: float = 10.0
    identity_weight: float = 0.0
    pool: int = 50
    generator_optimizer: OptimizerSpec = field(default_factory=lambda: Adam(held=0.5))
    critic_optimizer: OptimizerSpec = field(default_factory=lambda: Adam(held=0.5))
    precision: Precision = "auto"
    sample_every: int = 10

    name = "gan"

    @property
    def knows_steps(self) -> bool:
        """Whether its number of steps is known before its model: it is."""
        return True

    def check(self) -> None:
        """Refuse what `AdversarialStage` refuses, and a pool smaller than a batch."""
        super().check()
        if self.pool < self.batch_size:
            raise InputError(
                f"The pool must hold a batch, {self.batch_size}. Received: pool={self.pool}."
            )

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse pictures whose side is not a power of two, or is below 8."""
        checked_widths(info.image_size, 1, 1)

    def model(self, image_size: int, steps: int = 1, seed: int = 0) -> "CycleGAN":
        """The GAN, untrained, for a training of so many steps."""
        import tensorflow as tf

        from keras_t2i.networks.patch_critic import PatchCritic
        from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN
        from keras_t2i.tasks.unpaired_image_to_image.networks import (
            ResidualTranslator,
            instance_norm,
        )

        widths = [self.critic_width * 2**i for i in range(self.patch_layers)]
        with precision_policy(self.precision):
            generators = [ResidualTranslator(self.width, self.blocks) for _ in range(4)]
            critics = PatchCritic(widths, instance_norm), PatchCritic(widths, instance_norm)
        images = tf.zeros((1, image_size, image_size, 3))
        for generator in generators:
            generator(images)
        for critic in critics:
            critic((images,))
        return CycleGAN(
            a_to_b=generators[0],
            b_to_a=generators[1],
            averages=(generators[2], generators[3]),
            critics=critics,
            optimizers=(self.generator_optimizer.make(steps), self.critic_optimizer.make(steps)),
            cycle_weight=self.cycle_weight,
            identity_weight=self.identity_weight,
            pool_size=self.pool,
            image_size=image_size,
            **self.game(seed),
        )

    def build(self, given: DomainsGiven) -> Training:
        """The stage on pictures of both domains."""
        from keras_t2i.pipelines.unpaired import unpaired_pictures

        a, b = given.domain_a, given.domain_b
        records = max(len(a.images), len(b.images))
        steps = self.steps_an_epoch(records) * self.epochs
        model = self.model(a.info.image_size, steps, given.seed)

        def dataset(step: int, **options: Any) -> Any:
            return unpaired_pictures(a, b, self.rows, seed=given.seed, start_step=step, **options)

        return self.training_of(given, model, dataset, records)
