"""GANs of pictures alone: DCGAN, WGAN, WGAN-GP, InfoGAN."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.adversarial.latents import Gaussian
from keras_t2i.adversarial.losses import Minimax, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.tasks.unconditional.gan_stage import UnconditionalGanStage
from keras_t2i.tasks.unconditional.perceptron_stage import PerceptronGanStage
from keras_t2i.tasks.unconditional.task import Unconditional
from keras_t2i.training.constraints import WeightClipping
from keras_t2i.training.optimizers import Adam, RMSProp


def gan() -> Unconditional:
    """Goodfellow et al. 2014 on pictures of 16: perceptrons, maxout in the critic.

    Widths are those of its published code for small pictures. That leaves out a fifth of the
    pixels, and half of what enters the second layer and the score; here it is half of what enters
    either layer. Adam takes the place of momentum, batches are of 128.
    """
    return Unconditional(name="gan", gan=PerceptronGanStage())


def gan_minimax() -> Unconditional:
    """The same with eq. 1 to the letter."""
    experiment = gan()
    return replace(experiment, name="gan-minimax", gan=replace(experiment.gan, loss=Minimax()))


def gan_demo(experiment: Unconditional) -> Unconditional:
    """Narrower, with smaller batches and less dropout, for two cores."""
    stage = replace(
        experiment.gan,
        epochs=120,
        batch_size=32,
        generator_widths=(256, 512),
        critic_widths=(128, 128),
        dropout=0.2,
        averaging=ExponentialAverage(0.99),
        generator_optimizer=Adam(5e-4),
        critic_optimizer=Adam(5e-4),
        sample_every=24,
    )
    return replace(experiment, name=f"{experiment.name}-demo", gan=stage)


def dcgan() -> Unconditional:
    """Radford et al. 2015, section 4: 1024 … 128 channels, batch 128, Adam 2e-4 with β₁ 0.5.

    Kernels are 4×4, as in the authors' Torch code; figure 1 draws 5×5.
    """
    return Unconditional(name="dcgan", gan=UnconditionalGanStage(width=128, max_width=1024))


def wgan() -> Unconditional:
    """Arjovsky et al. 2017, algorithm 1: weights clipped at 0.01, RMSProp 5e-5, batch 64."""
    stage = replace(
        dcgan().gan,
        batch_size=64,
        latent=Gaussian(),
        loss=Wasserstein(),
        critic_constraint=WeightClipping(0.01),
        schedule=Alternating(5),
        generator_optimizer=RMSProp(5e-5),
        critic_optimizer=RMSProp(5e-5),
    )
    return Unconditional(name="wgan", gan=stage)


def wgan_gp() -> Unconditional:
    """Gulrajani et al. 2017, algorithm 1: λ 10, Adam 1e-4 with β 0 and 0.9, no BatchNorm in D."""
    stage = replace(
        dcgan().gan,
        batch_size=64,
        latent=Gaussian(),
        loss=Wasserstein(),
        critic_normalized=False,
        critic_terms=(GradientPenalty(10.0),),
        schedule=Alternating(5),
        generator_optimizer=Adam(1e-4, 0.0, 0.9),
        critic_optimizer=Adam(1e-4, 0.0, 0.9),
    )
    return Unconditional(name="wgan-gp", gan=stage)


def demo(experiment: Unconditional, epochs: int, rate: float = 1.0) -> Unconditional:
    """An eighth of the width, for two cores; `rate` is a factor of the learning rates."""
    own = experiment.gan
    generator, critic = (
        replace(player, rate=rate * player.rate)
        for player in (own.generator_optimizer, own.critic_optimizer)
    )
    stage = replace(
        own,
        epochs=epochs,
        batch_size=32,
        width=16,
        max_width=128,
        averaging=ExponentialAverage(0.99),
        precision="float32",
        sample_every=max(1, epochs // 5),
        generator_optimizer=generator,
        critic_optimizer=critic,
    )
    return replace(experiment, name=f"{experiment.name}-demo", gan=stage)


PRESETS = {
    "gan": gan,
    "gan-demo": lambda: gan_demo(gan()),
    "gan-minimax": gan_minimax,
    "gan-minimax-demo": lambda: gan_demo(gan_minimax()),
    "dcgan": dcgan,
    "dcgan-demo": lambda: demo(dcgan(), 60),
    "wgan": wgan,
    "wgan-demo": lambda: demo(wgan(), 100, rate=10),
    "wgan-gp": wgan_gp,
    "wgan-gp-demo": lambda: demo(wgan_gp(), 100, rate=10),
}
