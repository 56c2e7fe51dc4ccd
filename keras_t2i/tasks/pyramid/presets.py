"""Presets of LAPGAN (Denton et al. 2015)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.tasks.pyramid.gan_stages import PyramidBaseStage, PyramidLevelStage
from keras_t2i.tasks.pyramid.task import UnconditionalPyramid


def lapgan() -> UnconditionalPyramid:
    """Three levels, 16 → 32 → 64; each is trained alone, on real coarse pictures.

    The paper searches each level's convolutions for each data set and trains with SGD; here all are
    of one kind, trained with Adam.
    """
    return UnconditionalPyramid(
        name="lapgan", gan=PyramidBaseStage(width=128, max_width=512, batch_size=64)
    )


def demo() -> UnconditionalPyramid:
    """A fraction of the width, for two cores."""
    experiment = lapgan()
    base = replace(
        experiment.gan,
        epochs=60,
        batch_size=32,
        width=32,
        max_width=128,
        averaging=ExponentialAverage(0.99),
        precision="float32",
        sample_every=20,
    )
    level = PyramidLevelStage(
        batch_size=32,
        width=24,
        critic_width=16,
        critic_max_width=128,
        averaging=ExponentialAverage(0.99),
        precision="float32",
        sample_every=5,
    )
    levels = replace(level, side=32, epochs=20), replace(level, side=64, epochs=10)
    return replace(experiment, name="lapgan-demo", gan=base, levels=levels)


PRESETS = {
    "lapgan": lapgan,
    "lapgan-demo": demo,
}
