"""GANs of pictures alone: DCGAN, WGAN, WGAN-GP, InfoGAN."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.adversarial.latents import Gaussian
from keras_t2i.adversarial.losses import Minimax, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.tasks.unconditional.gan_stage import (
    ConvolutionalStage,
    PictureGanStage,
    UnconditionalGanStage,
)
from keras_t2i.tasks.unconditional.perceptron_stage import PerceptronGanStage
from keras_t2i.tasks.unconditional.task import Unconditional
from keras_t2i.training.constraints import WeightClipping
from keras_t2i.training.optimizers import Adam, RMSProp


def perceptrons() -> PerceptronGanStage:
    """Goodfellow et al. 2014 on pictures of 16: perceptrons, maxout in the critic.

    Widths are those of its published code for small pictures. That leaves out a fifth of the
    pixels, and half of what enters the second layer and the score; here it is half of what enters
    either layer. Adam takes the place of momentum, batches are of 128.
    """
    return PerceptronGanStage()


def small_perceptrons(stage: PerceptronGanStage) -> PerceptronGanStage:
    """Narrower perceptrons with smaller batches and less dropout, for two cores."""
    return replace(
        stage,
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


def gan() -> Unconditional:
    """The first GAN (`perceptrons`)."""
    return Unconditional(name="gan", gan=perceptrons())


def gan_demo() -> Unconditional:
    """The preset for two cores."""
    return Unconditional(name="gan-demo", gan=small_perceptrons(perceptrons()))


def gan_minimax() -> Unconditional:
    """The first GAN with exactly eq. 1."""
    return Unconditional(name="gan-minimax", gan=replace(perceptrons(), loss=Minimax()))


def gan_minimax_demo() -> Unconditional:
    """The preset for two cores."""
    stage = small_perceptrons(replace(perceptrons(), loss=Minimax()))
    return Unconditional(name="gan-minimax-demo", gan=stage)


def dcgan_stage() -> UnconditionalGanStage:
    """Radford et al. 2015, section 4: 1024 … 128 channels, batch 128, Adam 2e-4 with β₁ 0.5.

    Kernels are 4×4, as in the authors' Torch code; figure 1 draws 5×5.
    """
    return UnconditionalGanStage(width=128, max_width=1024)


def wgan_stage() -> UnconditionalGanStage:
    """Arjovsky et al. 2017, algorithm 1: weights clipped at 0.01, RMSProp 5e-5, batch 64."""
    return replace(
        dcgan_stage(),
        batch_size=64,
        latent=Gaussian(),
        loss=Wasserstein(),
        critic_constraint=WeightClipping(0.01),
        schedule=Alternating(5),
        generator_optimizer=RMSProp(5e-5),
        critic_optimizer=RMSProp(5e-5),
    )


def wgan_gp_stage() -> UnconditionalGanStage:
    """Gulrajani et al. 2017, algorithm 1: λ 10, Adam 1e-4 with β 0 and 0.9, no BatchNorm in D."""
    return replace(
        dcgan_stage(),
        batch_size=64,
        latent=Gaussian(),
        loss=Wasserstein(),
        critic_normalized=False,
        critic_terms=(GradientPenalty(10.0),),
        schedule=Alternating(5),
        generator_optimizer=Adam(1e-4, 0.0, 0.9),
        critic_optimizer=Adam(1e-4, 0.0, 0.9),
    )


_Stage = TypeVar("_Stage", bound=ConvolutionalStage)


def small(stage: _Stage, epochs: int, rate: float = 1.0) -> _Stage:
    """An eighth of the width, for two cores.

    Args:
        stage: The stage.
        epochs: Number of visits of every picture.
        rate: Factor of the learning rates.
    """
    generator, critic = (
        replace(optimizer, rate=rate * optimizer.rate)
        for optimizer in (stage.generator_optimizer, stage.critic_optimizer)
    )
    return replace(
        stage,
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


def _of(name: str, stage: Callable[[], PictureGanStage]) -> Callable[[], Unconditional]:
    """A preset of a name and a stage."""
    return lambda: Unconditional(name=name, gan=stage())


PRESETS = {
    "gan": gan,
    "gan-demo": gan_demo,
    "gan-minimax": gan_minimax,
    "gan-minimax-demo": gan_minimax_demo,
    "dcgan": _of("dcgan", dcgan_stage),
    "dcgan-demo": _of("dcgan-demo", lambda: small(dcgan_stage(), 60)),
    "wgan": _of("wgan", wgan_stage),
    "wgan-demo": _of("wgan-demo", lambda: small(wgan_stage(), 100, rate=10)),
    "wgan-gp": _of("wgan-gp", wgan_gp_stage),
    "wgan-gp-demo": _of("wgan-gp-demo", lambda: small(wgan_gp_stage(), 100, rate=10)),
}
