"""CycleGAN (Zhu et al. 2017)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.adversarial.optimizers import Adam
from keras_t2i.between_kinds import BetweenKinds


def cycle_gan() -> BetweenKinds:
    """The paper's networks and constants (sections 4 and 7), for pictures of 128."""
    return BetweenKinds(name="cycle-gan")


def demo() -> BetweenKinds:
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
