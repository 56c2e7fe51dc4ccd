"""Numbers that mean nothing are refused before anything is trained."""

from dataclasses import replace

import pytest

from keras_t2i.adversarial.schedules import Alternating, Unrolled
from keras_t2i.catalogue import PRESETS, preset
from keras_t2i.components.bounds import check_numbers
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.labels_to_image.flow_times import LogitNormalTimes
from keras_t2i.text.specs import Transformer


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_numbers_that_can_be(name):
    check_numbers(PRESETS[name]())
    with pytest.raises(InputError, match="--seed"):
        check_numbers(replace(PRESETS[name](), seed=-1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, r"--gan.batch-size must be at least 1. Received: 0"),
        ({"schedule": Alternating(0)}, r"--gan.schedule.critic-steps must be at least 1"),
        ({"sample_every": -1}, r"--gan.sample-every must be at least 1. Received: -1"),
        (
            {"checkpoint_minutes": float("nan")},
            r"not negative. Received: nan",
        ),
    ],
)
def test_what_cannot_be_is_named_as_the_command_does(change, message):
    experiment = preset("dcgan-demo")
    with pytest.raises(InputError, match=message):
        check_numbers(replace(experiment, gan=replace(experiment.gan, **change)))


def test_parts_of_parts_are_looked_through():
    experiment = preset("lapgan-demo")
    levels = experiment.levels[0], replace(experiment.levels[1], width=0)
    with pytest.raises(InputError, match=r"--levels.1.width must be at least 1"):
        check_numbers(replace(experiment, levels=levels))
    optimizer = replace(experiment.gan.critic_optimizer, beta_1=1.5)
    gan = replace(experiment.gan, critic_optimizer=optimizer)
    with pytest.raises(InputError, match=r"beta-1 must be at most 1. Received: 1.5"):
        check_numbers(replace(experiment, gan=gan))


def test_seeds_are_those_of_numpy():
    check_numbers(replace(preset("gan-8-gaussians"), seed=2**32 - 1))
    for seed in (-1, 2**32):
        with pytest.raises(InputError, match=r"--seed must be at (least|most) \d+. Received"):
            check_numbers(replace(preset("gan-8-gaussians"), seed=seed))


def test_some_may_be_negative():
    experiment = preset("psc-flow-demo")

    def check(mean):
        times = LogitNormalTimes(mean=mean)
        check_numbers(replace(experiment, flow=replace(experiment.flow, times=times)))

    check(-0.5)
    for mean in (float("nan"), float("-inf")):
        with pytest.raises(InputError, match=r"--flow.times.mean must be a finite number. Rec"):
            check(mean)


def test_some_may_be_zero():
    experiment = preset("unrolled-gan-8-gaussians")
    check_numbers(replace(experiment, gan=replace(experiment.gan, schedule=Unrolled(0))))
    with pytest.raises(InputError, match=r"ahead must be at least 0. Received: -1"):
        check_numbers(replace(experiment, gan=replace(experiment.gan, schedule=Unrolled(-1))))


def test_heads_must_share_the_width():
    common = {"vocabulary_size": 9, "length": 5, "classes": 2}
    for wrong in (Transformer(width=512, heads=7), Transformer(width=9, heads=3)):
        with pytest.raises(InputError, match="even and a multiple of its heads"):
            wrong.build(**common)
