"""InfoGAN (Chen et al. 2016)."""

from keras_t2i.tasks.info_gan.gan_stage import InfoGanStage
from keras_t2i.tasks.info_gan.task import UnconditionalWithCodes
from keras_t2i.tasks.unconditional.presets import demo
from keras_t2i.training.optimizers import Adam


def info_gan() -> UnconditionalWithCodes:
    """Chen et al. 2016, section 7: ten categories and two values beside 62 numbers of noise.

    Its appendix C trains the generator at 1e-3 and the critic at 2e-4, batch 128. The networks are
    DCGAN's, and Q's own layer has no BatchNorm.
    """
    stage = InfoGanStage(width=64, max_width=512, generator_optimizer=Adam(1e-3))
    return UnconditionalWithCodes(name="info-gan", gan=stage)


PRESETS = {
    "info-gan": info_gan,
    "info-gan-demo": lambda: demo(info_gan(), 60),
}
