"""A user's own loss, schedule, average, … in fields that are annotated with the base classes."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf
import tyro

from keras_t2i.adversarial.augmentation import Augmentation, Cutout
from keras_t2i.adversarial.averaging import Average, ExponentialAverage
from keras_t2i.adversarial.latents import Coded, Gaussian, Joined, Latent, Uniform
from keras_t2i.adversarial.losses import AdversarialLoss, LeastSquares, SeparableLoss
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.adversarial.penalties import R1, MatchingAwareGradientPenalty
from keras_t2i.adversarial.schedules import Alternating, Schedule, Simultaneous
from keras_t2i.adversarial.terms import GeneratorTerm, Penalty
from keras_t2i.components.values import from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.labels_to_image.terms import LabelFeedback
from keras_t2i.tasks.text_to_image.terms import Interpolation
from tests.games import captions, labels


@dataclass(frozen=True)
class Cubed(SeparableLoss):
    """A user's own loss.

    Args:
        factor: Factor of each term.
    """

    factor: float = 1.0

    def real(self, logits):
        return -self.factor * tf.reduce_mean(logits**3)

    def fake(self, logits):
        return self.factor * tf.reduce_mean(logits**3)

    def generated(self, logits):
        return self.real(logits)


@dataclass(frozen=True)
class SmallPictures(GeneratorTerm):
    """A user's own term."""

    weight: float = 1.0
    name: ClassVar[str] = "size"

    def __call__(self, context):
        return self.weight * tf.reduce_mean(tf.square(context.fakes))


@dataclass(frozen=True)
class Stage:
    """The fields of a stage."""

    loss: AdversarialLoss = field(default_factory=LeastSquares)
    schedule: Schedule = field(default_factory=Simultaneous)
    averaging: Average = field(default_factory=ExponentialAverage)
    latent: Latent = field(default_factory=Gaussian)
    generator_terms: tuple[GeneratorTerm, ...] = ()
    critic_terms: tuple[Penalty, ...] = ()
    augmentations: tuple[Augmentation, ...] = ()


@dataclass(frozen=True)
class System:
    """An experiment."""

    gan: Stage = field(default_factory=Stage)


def parsed(stage, *words):
    """As `keras_t2i.fit` reads the options of a preset."""
    kind = Annotated[System, tyro.conf.arg(name="")]

    def command(experiment: kind) -> Any:
        return experiment

    command.__annotations__["experiment"] = kind
    command.__defaults__ = (System(stage),)
    return tyro.cli(command, args=words, config=(tyro.conf.AvoidSubcommands,)).gan


FULL = Stage(
    Cubed(), Alternating(2), latent=Coded(), critic_terms=(R1(), MatchingAwareGradientPenalty()),
    generator_terms=(SmallPictures(), Interpolation()), augmentations=(Cutout(),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("option", "changed"),
    [
        ("loss.factor", {"loss": Cubed(3.0)}),
        ("schedule.critic-steps", {"schedule": Alternating(3)}),
        ("latent.noise", {"latent": Coded(3)}),
        ("averaging.decay", {"averaging": ExponentialAverage(3.0)}),
        ("critic-terms.0.weight",
         {"critic_terms": (R1(3.0), MatchingAwareGradientPenalty())}),
        ("critic-terms.1.power",
         {"critic_terms": (R1(), MatchingAwareGradientPenalty(power=3.0))}),
        ("generator-terms.0.weight", {"generator_terms": (SmallPictures(3.0), Interpolation())}),
        ("augmentations.0.ratio", {"augmentations": (Cutout(3.0),)}),
    ],
)  # fmt: skip
def test_the_options_are_those_of_the_class_that_is_there(option, changed):
    assert parsed(FULL, f"--gan.{option}", "3") == replace(FULL, **changed)


def test_without_options_the_preset_stays_and_those_of_other_classes_are_unknown():
    assert parsed(FULL) == FULL
    with pytest.raises(SystemExit):
        parsed(Stage(), "--gan.schedule.critic-steps", "3")


def test_new_objects_are_stored_and_read():
    stage = replace(FULL, loss=LeastSquares(), generator_terms=(Interpolation(),))
    for value in (*stage.critic_terms, stage.loss, stage.latent):
        assert from_json(to_json(value)) == value


def test_a_users_own_loss_and_term_train():
    model, batch = captions(loss=Cubed(2.0), generator_terms=(SmallPictures(),))
    model.ready(model.term_names(batch))
    context = model.context(batch)
    wanted = -2.0 * np.mean(context.real_logits.numpy() ** 3)
    assert float(model.critic_terms(context)["real"]) == pytest.approx(wanted, rel=1e-5)
    logs = tf.function(model.train_step)(batch)
    assert float(logs["generator/size"]) > 0


@pytest.mark.parametrize(
    "base",
    [AdversarialLoss, SeparableLoss, Schedule, Average, Latent, Augmentation, Penalty,
     GeneratorTerm, AdversarialModel],
)  # fmt: skip
def test_what_a_base_class_asks_for_must_be_there(base):
    class Empty(base):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Empty()


def test_two_terms_of_one_name_are_refused():
    with pytest.raises(InputError, match=r"must differ in name. Received: \['size', 'size'\]"):
        captions(generator_terms=(SmallPictures(1.0), SmallPictures(2.0)))


def test_a_term_of_labels_asks_for_a_reader():
    model, batch = labels()
    model.generator_extras = (LabelFeedback(),)
    with pytest.raises(ValueError, match="the GAN needs a `reader`"):
        model.term_names(batch)


def test_joined_noise_is_truncated_part_by_part():
    latent = Joined(((Uniform(), 2), (Coded(noise=1, categories=3, continuous=1), 5)))
    rows = latent.sample((4, 7), tf.constant([0, 1], tf.int64))
    half = latent.truncated(rows, 0.5).numpy()
    np.testing.assert_allclose(half[:, :3], 0.5 * rows[:, :3])
    np.testing.assert_array_equal(half[:, 3:6], rows[:, 3:6])  # a category has no half
    np.testing.assert_allclose(half[:, 6:], 0.5 * rows[:, 6:])
