"""A GAN of points in the plane."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.latents import ClippedGaussian, Gaussian
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating, Simultaneous, Unrolled
from keras_t2i.training.constraints import Unconstrained, WeightClipping
from keras_t2i.training.optimizers import Adam, RMSProp

if TYPE_CHECKING:
    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.tasks.points.task import PointsTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class PointsGanStage:
    """Trains a perceptron to draw points of a mixture (Metz et al. 2017, appendix A).

    Sizes and rates are those of the authors' published notebook, which says itself that they are
    not the paper's.

    Args:
        steps: How many.
        batch_size: Points a move.
        noise_dim: Width of z.
        generator_widths: Hidden layers of the generator.
        critic_widths: Hidden layers of the critic.
        activation: Of both.
        latent: Distribution of z.
        loss: The adversarial loss.
        critic_terms: Further terms of the critic's loss.
        critic_constraint: What the critic's weights must obey.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generator's.
        critic_optimizer: The critic's.
        interval: Steps between reports.
        sample_every: Steps between pictures.
        checkpoint_minutes: Time between checkpoints.
    """

    steps: int = 25_000
    batch_size: int = 512
    noise_dim: int = 256
    generator_widths: tuple[int, ...] = (128, 128)
    critic_widths: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    latent: Gaussian | ClippedGaussian = field(default_factory=Gaussian)
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein = field(
        default_factory=NonSaturating
    )
    critic_terms: tuple[GradientPenalty, ...] = ()
    critic_constraint: Unconstrained | WeightClipping = field(default_factory=Unconstrained)
    schedule: Simultaneous | Alternating | Unrolled = field(default_factory=Alternating)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam | RMSProp = field(default_factory=lambda: Adam(1e-3))
    critic_optimizer: Adam | RMSProp = field(default_factory=lambda: Adam(1e-4))
    interval: int = 500
    sample_every: int = 1000
    checkpoint_minutes: float = 2.0

    name = "gan"

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
            loss=self.loss,
            latent=self.latent,
            critic_extras=self.critic_terms,
            critic_constraint=self.critic_constraint,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def build(self, task: "PointsTask") -> "Training":
        """The stage on the experiment's mixture."""
        from keras_t2i.pipelines.points import mixture_points
        from keras_t2i.training.callbacks.every import Every
        from keras_t2i.training.hardware import jit_compile
        from keras_t2i.training.loop import Training

        experiment, rows = task.experiment, self.batch_size * self.schedule.batches
        task.seed()
        model = self.model(experiment.seed)

        def dataset(step: int) -> Any:
            return mixture_points(experiment.mixture, rows, seed=experiment.seed, start_step=step)

        names = model.term_names(next(iter(dataset(0))))
        model.ready(names, jit_compile=jit_compile(experiment.xla))
        return Training(
            model=model,
            dataset=dataset,
            steps=self.steps,
            interval=self.interval,
            rows_per_step=rows,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[
                Every(
                    self.sample_every,
                    lambda step: task.draw_samples(model, step),
                    at_start=True,
                )
            ],
            finish=lambda: task.finish_samples(model),
        )
