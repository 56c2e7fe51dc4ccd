"""A GAN of points in the plane."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.adversarial.schedules import Alternating, Schedule
from keras_t2i.adversarial.stage import AdversarialStage
from keras_t2i.components.registry import component
from keras_t2i.pipelines.points import Grid, Ring
from keras_t2i.training.constraints import Constraint, Unconstrained
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from keras_t2i.adversarial.unconditional import UnconditionalGAN

Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid"]


@dataclass(frozen=True, kw_only=True)
class PointsGiven(Given):
    """Training data of a GAN of points.

    Args:
        mixture: Mixture that real points come from.
    """

    mixture: Ring | Grid


@component
class PointsGanStage(AdversarialStage):
    """Trains a perceptron to draw points of a mixture (Metz et al. 2017, appendix A).

    Sizes and rates are those of the authors' published notebook, which says itself that they are
    not the paper's.

    Args:
        steps: Number of steps.
        noise_dim: Width of the noise z.
        generator_widths: Widths of the generator's hidden layers.
        critic_widths: Widths of the critic's hidden layers.
        activation: Activation of both networks.
        latent: Distribution of the noise z.
        critic_constraint: Constraint on the critic's weights.
        generator_optimizer: The generator's optimizer.
        critic_optimizer: The critic's optimizer.
        interval: Steps between reports.
        sample_every: Steps between pictures.
    """

    steps: int = 25_000
    batch_size: int = 512
    noise_dim: int = 256
    generator_widths: tuple[int, ...] = (128, 128)
    critic_widths: tuple[int, ...] = (128, 128)
    activation: Activation = "relu"
    latent: Latent = field(default_factory=Gaussian)
    critic_constraint: Constraint = field(default_factory=Unconstrained)
    schedule: Schedule = field(default_factory=Alternating)
    generator_optimizer: OptimizerSpec = field(default_factory=lambda: Adam(1e-3))
    critic_optimizer: OptimizerSpec = field(default_factory=lambda: Adam(1e-4))
    interval: int = 500
    sample_every: int = 1000

    name, length = "gan", "steps"

    def model(self, seed: int = 0) -> "UnconditionalGAN":
        """The GAN, untrained."""
        from keras_t2i.adversarial.unconditional import UnconditionalGAN
        from keras_t2i.networks.perceptron import perceptron

        network, average = (
            perceptron(self.noise_dim, self.generator_widths, 2, self.activation, name)
            for name in ("generator", "average")
        )
        return UnconditionalGAN(
            noise_dim=self.noise_dim,
            network=network,
            average=average,
            discriminator=perceptron(2, self.critic_widths, 1, self.activation, "critic"),
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            latent=self.latent,
            critic_constraint=self.critic_constraint,
            **self.game(seed),
        )

    def build(self, given: PointsGiven) -> Training:
        """The stage on a mixture."""
        from keras_t2i.pipelines.points import mixture_points

        def dataset(step: int, **options: Any) -> Any:
            return mixture_points(
                given.mixture, self.rows, seed=given.seed, start_step=step, **options
            )

        return self.training(
            given,
            self.model(given.seed),
            dataset,
            steps=self.steps,
            interval=self.interval,
            epoch=self.interval,
            draw_every=self.sample_every,
            at_start=True,
        )
