"""A GAN of melodies."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.adversarial.terms import GeneratorTerm, Term
from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.tasks.chords_to_melody.terms import FeatureMatching
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.melodies import Melodies
    from keras_t2i.tasks.chords_to_melody.gan import BarGAN


@dataclass(frozen=True, kw_only=True)
class MelodiesGiven(Given):
    """Training data of a GAN of melodies.

    Args:
        split: The training melodies.
    """

    split: "Melodies"


@component
class MelodyGanStage(EpochStage):
    """Trains a GAN to draw the next bar (Yang, Chou and Yang 2017).

    Args:
        noise_dim: Width of the noise z.
        width: Channels of the generator's sequence.
        dense_width: Width of the dense layers of generator and critic.
        conditioner_width: Channels of the network that reads the bar before.
        critic_width: Channels of the critic's second convolution.
        transpose: Whether bars move into random keys.
        forget: The share of bars whose bar before is left out. The critic does not see that bar:
            with 0, a generator that draws by it alone and never by the noise goes unnoticed.
        latent: Distribution of the noise z.
        generator_terms: Further terms of the generator's loss.
        generator_optimizer: The generator's optimizer.
        critic_optimizer: The critic's optimizer.
    """

    epochs: int = 20
    batch_size: int = 72
    noise_dim: int = 100
    width: int = 128
    dense_width: int = 1024
    conditioner_width: int = 16
    critic_width: int = 77
    transpose: bool = True
    forget: Share = 0.0
    latent: Latent = field(default_factory=Gaussian)
    generator_terms: tuple[GeneratorTerm, ...] = (FeatureMatching(),)
    generator_optimizer: OptimizerSpec = field(default_factory=Adam)
    critic_optimizer: OptimizerSpec = field(default_factory=Adam)

    name = "gan"
    offers = frozenset({"critic features"})

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The further terms of both players' losses, by the field that has them."""
        return {**super().terms, "generator_terms": self.generator_terms}

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
            latent=self.latent,
            generator_extras=self.generator_terms,
            **self.game(seed),
        )

    def build(self, given: MelodiesGiven) -> Training:
        """The stage on melodies."""
        from keras_t2i.pipelines.melodies import melody_bars

        def dataset(step: int, **options: Any) -> Any:
            return melody_bars(
                given.split,
                self.rows,
                seed=given.seed,
                transpose=self.transpose,
                forget=self.forget,
                start_step=step,
                **options,
            )

        return self.training_of(given, self.model(given.seed), dataset, len(given.split.chords))
