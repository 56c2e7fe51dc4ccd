"""A GAN of melodies."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of
from keras_t2i.adversarial.latents import ClippedGaussian, Gaussian
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.tasks.chords_to_melody.terms import FeatureMatching
from keras_t2i.training.optimizers import Adam, RMSProp

if TYPE_CHECKING:
    from keras_t2i.tasks.chords_to_melody.gan import BarGAN
    from keras_t2i.tasks.chords_to_melody.task import ChordsToMelodyTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class MelodyGanStage:
    """Trains a GAN to draw the next bar (Yang, Chou and Yang 2017).

    Args:
        epochs: Visits of every bar.
        batch_size: Bars a move.
        noise_dim: Width of z.
        width: Channels of the generator's sequence.
        dense_width: Of the dense layers of both.
        conditioner_width: Channels of what reads the bar before.
        critic_width: Channels of the critic's second convolution.
        transpose: Whether bars move into random keys.
        forget: The share of bars whose bar before is left out. The critic does not see that bar:
            with 0, a generator that draws by it alone and never by the noise goes unnoticed.
        latent: Distribution of z.
        loss: The adversarial loss.
        generator_terms: Further terms of the generator's loss.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generator's.
        critic_optimizer: The critic's.
        sample_every: Epochs between piano rolls of the samples.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 20
    batch_size: int = 72
    noise_dim: int = 100
    width: int = 128
    dense_width: int = 1024
    conditioner_width: int = 16
    critic_width: int = 77
    transpose: bool = True
    forget: float = 0.0
    latent: Gaussian | ClippedGaussian = field(default_factory=Gaussian)
    loss: NonSaturating | Minimax | LeastSquares | Hinge = field(default_factory=NonSaturating)
    generator_terms: tuple[FeatureMatching, ...] = (FeatureMatching(),)
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam | RMSProp = field(default_factory=Adam)
    critic_optimizer: Adam | RMSProp = field(default_factory=Adam)
    sample_every: int = 5
    checkpoint_minutes: float = 2.0

    name = "gan"

    def model(self, seed: int = 0) -> "BarGAN":
        """The GAN, untrained."""
        import tensorflow as tf

        from keras_t2i.tasks.chords_to_melody.gan import (
            BarCritic,
            BarGAN,
            BarGenerator,
            untrained_bar,
        )

        sizes = self.width, self.dense_width, self.conditioner_width
        network, average = (BarGenerator(*sizes, name=name) for name in ("generator", "average"))
        critic = BarCritic(width=self.critic_width, dense_width=self.dense_width, name="critic")
        bar, chord = untrained_bar()
        for generator in (network, average):
            generator(tf.zeros((1, self.noise_dim)), bar, chord)
        critic(bar, chord)
        return BarGAN(
            noise_dim=self.noise_dim,
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            loss=self.loss,
            latent=self.latent,
            generator_extras=self.generator_terms,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def build(self, task: "ChordsToMelodyTask") -> "Training":
        """The stage on the task's melodies."""
        from keras_t2i.pipelines.melodies import melody_bars

        experiment = task.experiment
        task.seed()
        model = self.model(experiment.seed)

        def dataset(step: int) -> Any:
            return melody_bars(
                task.split,
                rows_of(self),
                seed=experiment.seed,
                transpose=self.transpose,
                forget=self.forget,
                start_step=step,
            )

        return by_epochs(
            self,
            model,
            dataset,
            len(task.split.chords),
            xla=experiment.xla,
            draw=lambda step: task.draw_samples(model, step),
            finish=lambda: task.finish_samples(model),
        )
