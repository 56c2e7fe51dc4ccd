"""Interim."""

from keras_t2i.adversarial import augmentation, averaging, latents, losses, penalties, schedules
from keras_t2i.components.registry import register

for kind in (
    augmentation.Cutout,
    augmentation.Translation,
    averaging.ExponentialAverage,
    averaging.NoAverage,
    averaging.StochasticWeightAverage,
    latents.ClippedGaussian,
    latents.Coded,
    latents.Gaussian,
    latents.Uniform,
    losses.LeastSquares,
    losses.Minimax,
    losses.NonSaturating,
    losses.NoAdversarialLoss,
    losses.Wasserstein,
    losses.Hinge,
    penalties.GradientPenalty,
    schedules.Alternating,
    schedules.Simultaneous,
    schedules.Unrolled,
):
    register(kind)
from keras_t2i.tasks.chords_to_melody import terms as d
from keras_t2i.tasks.image_to_image import terms as c
from keras_t2i.tasks.info_gan import terms as b
from keras_t2i.tasks.labels_to_image import terms as e
from keras_t2i.tasks.text_to_image import terms as a

for kind in (
    a.Interpolation,
    a.ConditioningDivergence,
    b.Information,
    c.Reconstruction,
    c.HoleReconstruction,
    d.FeatureMatching,
    e.LabelFeedback,
):
    register(kind)
