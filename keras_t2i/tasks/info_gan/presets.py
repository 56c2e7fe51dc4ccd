"""Presets of InfoGAN (Chen et al. 2016)."""

from keras_t2i.tasks.info_gan.gan_stage import InfoGanStage
from keras_t2i.tasks.info_gan.task import UnconditionalWithCodes
from keras_t2i.tasks.unconditional.presets import small
from keras_t2i.training.optimizers import Adam


def info_gan_stage() -> InfoGanStage:
    """Section 7: ten categories and two values beside 62 numbers of noise.

    Its appendix C trains the generator at 1e-3 and the critic at 2e-4, batch 128. The networks are
    DCGAN's, and Q's own layer has no BatchNorm.
    """
    return InfoGanStage(width=64, max_width=512, generator_optimizer=Adam(1e-3))


def info_gan() -> UnconditionalWithCodes:
    """The paper's system (`info_gan_stage`)."""
    return UnconditionalWithCodes(name="info-gan", gan=info_gan_stage())


def demo() -> UnconditionalWithCodes:
    """An eighth of the width, for two cores."""
    return UnconditionalWithCodes(name="info-gan-demo", gan=small(info_gan_stage(), 60))


PRESETS = {
    "info-gan": info_gan,
    "info-gan-demo": demo,
}
