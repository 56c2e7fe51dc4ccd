"""Presets of CycleGAN (Zhu et al. 2017)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.tasks.unpaired_image_to_image.task import UnpairedImageToImage
from keras_t2i.training.optimizers import Adam


def cycle_gan() -> UnpairedImageToImage:
    """The paper's networks and constants (sections 4 and 7), for pictures of 128."""
    return UnpairedImageToImage(name="cycle-gan")


def demo() -> UnpairedImageToImage:
    """A quarter of the width, larger batches, for two cores and pictures of 64."""
    experiment = cycle_gan()
    gan = replace(
        experiment.gan,
        epochs=60,
        batch_size=4,
        width=16,
        blocks=3,
        critic_width=24,
        patch_layers=2,
        identity_weight=0.0,
        averaging=ExponentialAverage(0.99),
        generator_optimizer=Adam(5e-4, held=0.5),
        critic_optimizer=Adam(5e-4, held=0.5),
        precision="float32",
    )
    return replace(experiment, name="cycle-gan-demo", gan=gan)


PRESETS = {
    "cycle-gan": cycle_gan,
    "cycle-gan-demo": demo,
}
