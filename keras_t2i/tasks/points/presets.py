"""Presets of GANs of points in the plane, where the effect of each remedy can be seen."""

from dataclasses import replace

from keras_t2i.adversarial.losses import Minimax, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating, Unrolled
from keras_t2i.pipelines.points import Grid
from keras_t2i.tasks.points.gan_stage import PointsGanStage
from keras_t2i.tasks.points.task import Points
from keras_t2i.training.constraints import WeightClipping
from keras_t2i.training.optimizers import Adam, RMSProp


def gan() -> Points:
    """Goodfellow et al. 2014, with the loss that does not saturate."""
    return Points(name="gan-8-gaussians", gan=PointsGanStage(activation="tanh"))


def minimax() -> Points:
    """Goodfellow et al. 2014, exactly eq. 1."""
    experiment = gan()
    return replace(
        experiment, name="gan-minimax-8-gaussians", gan=replace(experiment.gan, loss=Minimax())
    )


def unrolled() -> Points:
    """Metz et al. 2017: the generator looks five of the critic's steps ahead.

    It minimises −log D there; the paper has log(1 − D).
    """
    experiment = gan()
    return replace(
        experiment,
        name="unrolled-gan-8-gaussians",
        gan=replace(experiment.gan, schedule=Unrolled(5)),
    )


def wgan() -> Points:
    """Arjovsky et al. 2017, algorithm 1: clipped weights, five critic steps, RMSProp.

    Limit, rate and batch are larger than there: perceptrons are small.
    """
    stage = PointsGanStage(
        loss=Wasserstein(),
        critic_constraint=WeightClipping(0.05),
        schedule=Alternating(5),
        generator_optimizer=RMSProp(1e-4),
        critic_optimizer=RMSProp(1e-4),
        batch_size=256,
    )
    return Points(name="wgan-8-gaussians", gan=stage)


def wgan_gp() -> Points:
    """Gulrajani et al. 2017, algorithm 1; λ = 0.1 for points, as in their toy experiments."""
    stage = PointsGanStage(
        loss=Wasserstein(),
        critic_terms=(GradientPenalty(0.1),),
        schedule=Alternating(5),
        generator_optimizer=Adam(1e-4, 0.5, 0.9),
        critic_optimizer=Adam(1e-4, 0.5, 0.9),
        generator_widths=(256, 256, 256),
        critic_widths=(256, 256, 256),
        noise_dim=2,
        batch_size=256,
    )
    return Points(name="wgan-gp-8-gaussians", gan=stage)


def on_grid(experiment: Points) -> Points:
    """The preset with 25 Gaussians on a grid."""
    name = experiment.name.replace("8-gaussians", "25-gaussians")
    return replace(experiment, name=name, mixture=Grid())


PRESETS = {
    "gan-8-gaussians": gan,
    "gan-minimax-8-gaussians": minimax,
    "unrolled-gan-8-gaussians": unrolled,
    "wgan-8-gaussians": wgan,
    "wgan-gp-8-gaussians": wgan_gp,
    "unrolled-gan-25-gaussians": lambda: on_grid(unrolled()),
    "wgan-gp-25-gaussians": lambda: on_grid(wgan_gp()),
}
