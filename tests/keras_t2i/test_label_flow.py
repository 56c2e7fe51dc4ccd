"""The flow that PSC-GAN's first stage guides: its path, solvers, guidance and training."""

import math
import signal
from dataclasses import replace
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.components.bounds import check_numbers
from keras_t2i.images.batches import to_uint8
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.checks import check_experiment
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.labels_to_image.flow import LabelFlow, straight_path
from keras_t2i.tasks.labels_to_image.flow_guidance import (
    ClassifierGuidance,
    log_probability_gradient,
)
from keras_t2i.tasks.labels_to_image.flow_networks import as_depth, as_places, time_features
from keras_t2i.tasks.labels_to_image.flow_sizes import UNetSizes
from keras_t2i.tasks.labels_to_image.flow_solvers import Euler, Heun
from keras_t2i.tasks.labels_to_image.flow_task import LabelsToImageByFlowTask
from keras_t2i.tasks.labels_to_image.flow_times import LogitNormalTimes, UniformTimes
from keras_t2i.training.loop import train
from keras_t2i.training.run import Run
from keras_t2i.training.steps import Steps
from tests.runs import assert_same_state, child, wait_for
from tests.served import all_answers, pictures
from tests.tiny_labels import SCHEMA, tiny_labels

SIDE = 16
WANTED = SCHEMA.combinations()


def tiny_flow(**flow):
    """`psc-flow` behind the first stage of the tiny PSC-GAN."""
    labels, experiment = tiny_labels(), preset("psc-flow")
    changes = {
        "epochs": 80, "batch_size": 8, "times": LogitNormalTimes(0.0, 1.0),
        "network": UNetSizes(8, 16, 1), "solver": Heun(5),
        "averaging": ExponentialAverage(0.9), "learning_rate": 3e-3, "precision": "float32",
        "sample_every": 40, "checkpoint_minutes": 0.0, **flow,
    }  # fmt: skip
    return replace(
        experiment,
        deterministic=True,
        networks=labels.networks,
        autoencoder=labels.autoencoder,
        flow=replace(experiment.flow, **changes),
    )


@pytest.fixture(scope="module")
def run(trained_labels, labelled_data, tmp_path_factory):
    """A finished run of the tiny flow, behind the first stage of the tiny PSC-GAN."""
    made = Run(tmp_path_factory.mktemp("flow") / "run")
    fit(tiny_flow(), labelled_data, made, reuse=trained_labels)
    return made


def task_of(run, data, **flow):
    """The run's task as if its flow had been trained with other settings."""
    return LabelsToImageByFlowTask(tiny_flow(**flow), run, data)


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# Training.


def test_the_path_is_straight_and_its_velocity_the_difference():
    noise, images = random(5, 4, 4, 3), random(5, 4, 4, 3, seed=1)
    times = np.array([0.0, 0.25, 0.5, 0.9, 1.0], "float32")
    states, velocities = (
        v.numpy() for v in straight_path(*map(tf.constant, (noise, images, times)))
    )
    for row, t in enumerate(times):
        np.testing.assert_allclose(states[row], (1 - t) * noise[row] + t * images[row], atol=1e-6)
    np.testing.assert_array_equal(states[0], noise[0])
    np.testing.assert_array_equal(states[-1], images[-1])
    np.testing.assert_allclose(velocities, images - noise, atol=1e-6)


def test_the_loss_is_that_of_numpy_and_each_step_draws_anew():
    model = tiny_flow().flow.model(SIDE, SCHEMA.width, seed=3)
    for variable in model.network.trainable_variables:
        variable.assign(variable + 0.01)  # no velocity of 0
    images, labels = random(6, SIDE, SIDE, 3), WANTED[:6]
    noise, times = (v.numpy() for v in model.drawn(6))
    share = times[:, None, None, None]
    states = (1 - share) * noise + share * images
    found = model.network(states, times, labels).numpy()
    wanted = np.mean((found - (images - noise)) ** 2)
    assert np.std(found) > 0
    np.testing.assert_allclose(model.terms(images, labels)["velocity"], wanted, rtol=1e-5)
    np.testing.assert_array_equal(model.drawn(6)[0], noise)
    model.step.assign(1)
    assert np.abs(model.drawn(6)[0] - noise).max() > 0.1
    assert np.abs(model.drawn(6)[1] - times).max() > 0.01


def normal_cdf(x):
    return 0.5 + 0.5 * math.erf(x / math.sqrt(2))


@pytest.mark.parametrize(
    ("times", "cdf"),
    [
        (UniformTimes(), lambda t: t),
        (LogitNormalTimes(0.4, 0.5), lambda t: normal_cdf((math.log(t / (1 - t)) - 0.4) / 0.5)),
    ],
)
def test_times_are_distributed_as_they_say(times, cdf):
    drawn = times.sample(20000, tf.constant([1, 2], tf.int64)).numpy()
    assert 0 <= drawn.min() < drawn.max() <= 1
    for t in (0.2, 0.4, 0.5, 0.7, 0.9):
        assert np.mean(drawn < t) == pytest.approx(cdf(t), abs=0.015)


def test_a_step_changes_the_network_and_its_average_and_not_the_guide(run, labelled_data):
    task = task_of(run, labelled_data)
    training, guide = task.build(task.experiment.flow), task.autoencoder
    model = training.model
    assert not {id(v) for v in guide.variables} & {id(v) for v in model.variables}
    for variable in model.network.trainable_variables:
        variable.assign(variable + 0.01)
    model.average.set_weights(model.network.get_weights())
    before = model.network.get_weights(), guide.get_weights()
    Steps(model, training.dataset(0)).take(1)
    network, average = model.network.get_weights(), model.average.get_weights()
    for old, new, mean in zip(before[0], network, average, strict=True):
        assert np.abs(new - old).max() > 0
        # (1 + 0) / (10 + 0): the first step's decay of an average that warms up.
        np.testing.assert_allclose(mean, old + 0.9 * (new - old), atol=1e-6)
    for old, new in zip(before[1], guide.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_training_in_two_parts_ends_bit_equal(run, labelled_data, tmp_path):
    """The second part begins from the checkpoint of the first, in a model of its own."""
    ends = {}
    for name, parts in (("at once", (6,)), ("twice", (3, 6))):
        folder = Run(tmp_path / name)
        folder.open(run.experiment, run.info, labelled_data)
        for steps in parts:
            task = task_of(run, labelled_data)
            training = task.build(task.experiment.flow)
            (folder.stage("flow") / "summary.json").unlink(missing_ok=True)
            train("flow", replace(training, steps=steps, interval=1, callbacks=[]), folder)
        ends[name] = training.model.get_weights()
    assert len(ends["twice"]) > 10
    for one, other in zip(ends["at once"], ends["twice"], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_kill_9_and_resume_ends_bit_equal(labelled_data, tmp_path):
    whole, killed = Run(tmp_path / "whole"), Run(tmp_path / "killed")
    experiment = tiny_flow(epochs=12)
    assert child(experiment, labelled_data, whole).wait() == 0
    process = child(experiment, labelled_data, killed)
    wait_for(lambda: len(list(killed.stage("flow").glob("checkpoints/ckpt-*.npz"))) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert killed.summary("flow") is None
    process = child(experiment, labelled_data, killed)
    assert process.wait() == 0, process.stderr.read()
    assert_same_state(killed, whole)


def test_a_trained_flow_draws_the_labels_and_not_one_picture(run, labelled_data):
    """Colours as wanted, read off the pictures themselves; and noise that matters."""
    labels = WANTED.repeat(4, 0)
    drawn = run.experiment.task(run, labelled_data).sampler.sample(labels, [*range(4)] * 12)
    mean = drawn.astype("float64").mean((1, 2))
    reds, blues = (labels[:, i] == 1 for i in (0, 1))
    assert mean[reds, 0].mean() > mean[blues, 0].mean() + 30
    assert mean[blues, 2].mean() > mean[reds, 2].mean() + 30
    assert run.summary("flow")["deviation"]["over_noise"] > 0


# The network.


def test_squares_become_channels_and_places_again():
    images = random(2, 8, 8, 3)
    deep = as_depth(tf.constant(images), 2)
    squares = images.reshape(2, 4, 2, 4, 2, 3).transpose(0, 1, 3, 2, 4, 5)
    np.testing.assert_array_equal(deep, squares.reshape(2, 4, 4, 12))
    np.testing.assert_array_equal(as_places(deep, 2), images)


def test_times_that_differ_have_features_that_differ():
    found = time_features(tf.constant([0.0, 0.5, 0.501])).numpy()
    assert found.shape == (3, 128)
    np.testing.assert_allclose(found[0], [0.0] * 64 + [1.0] * 64, atol=1e-6)
    np.testing.assert_allclose(found[1, 0], math.sin(500.0), atol=1e-3)
    assert np.abs(found[1] - found[2]).max() > 0.5


@pytest.mark.parametrize("sizes", [UNetSizes(8, 16, 2), UNetSizes(16, 16, 1, patch=2)])
def test_a_velocity_answers_to_all_its_inputs(sizes):
    keras.utils.set_random_seed(0)
    network = (
        replace(tiny_flow(), flow=replace(tiny_flow().flow, network=sizes))
        .flow.model(SIDE, SCHEMA.width)
        .network
    )
    given = [random(2, SIDE, SIDE, 3), np.array([0.2, 0.8], "float32"), WANTED[:2]]
    for variable in network.trainable_variables:
        variable.assign(variable + 0.02)
    start = network(*given).numpy()
    changed = [given[0] + 1, given[1] * 0.5, given[2][::-1]]
    for place in range(3):
        other = [changed[i] if i == place else given[i] for i in range(3)]
        assert np.abs(network(*other).numpy() - start).max() > 1e-3
    one = network(*(each[:1] for each in given)).numpy()
    np.testing.assert_allclose(one, start[:1], atol=1e-4)  # a row of its own inputs alone


def test_the_ends_are_float32_in_any_precision():
    model = tiny_flow(precision="bfloat16").flow.model(SIDE, SCHEMA.width)
    images = model.network(random(2, SIDE, SIDE, 3), tf.constant([0.1, 0.9]), WANTED[:2])
    assert images.dtype == tf.float32
    assert {str(v.dtype) for v in model.network.variables} == {"float32"}
    assert "bfloat16" in {layer.compute_dtype for layer in model.network._flatten_layers()}


# Solvers.

MEAN, DEVIATION = 0.4, 0.25


def between_gaussians(x, t, mean=MEAN, deviation=DEVIATION):
    """E[x₁ − x₀ | x_t = x] of x₀ ~ N(0, 1) and x₁ ~ N(mean, deviation²), independent."""
    covariance = t * deviation**2 - (1 - t)
    return mean + covariance / ((1 - t) ** 2 + (t * deviation) ** 2) * (x - t * mean)


def test_an_untrained_network_is_the_best_linear_one():
    """The exact velocity to independent pixels of mean 0 and deviation ½."""
    network = tiny_flow().flow.model(SIDE, SCHEMA.width).network
    x, t = random(3, SIDE, SIDE, 3), np.array([0.0, 0.3, 1.0], "float32")
    wanted = between_gaussians(x, t[:, None, None, None], 0.0, 0.5)
    np.testing.assert_allclose(network(x, t, WANTED[:3]), wanted, atol=1e-5)


class ExactVelocity(keras.Model):
    """The velocity between two Gaussians in the place of a network."""

    image_size, label_dim = 4, SCHEMA.width

    def build(self, *shapes):
        pass

    def call(self, images, times, labels):
        return between_gaussians(images, times[:, None, None, None])


def drawn_by(solver, noise):
    """Pictures (N, 48) that the exact velocity leads noise (N, 48) to."""
    model = LabelFlow(
        network=ExactVelocity(), average=ExactVelocity(), optimizer=keras.optimizers.Adam(),
        averaging=ExponentialAverage(), times=UniformTimes(), solver=solver,
        guidance=ClassifierGuidance(0.0), guide=None,
    )  # fmt: skip
    return model.sample(tf.constant(noise), tf.zeros((len(noise), SCHEMA.width))).numpy()


@pytest.mark.parametrize(("kind", "order"), [(Euler, 1), (Heun, 2)])
def test_solvers_lead_noise_to_the_other_gaussian(kind, order):
    """All states are Gaussian, so that the exact end of z is MEAN + DEVIATION z."""
    noise = np.clip(random(500, 48), -2, 2)
    wanted = (MEAN + DEVIATION * noise).reshape(-1, 4, 4, 3)
    errors = [np.abs(drawn_by(kind(steps), noise) - wanted).max() for steps in (20, 40, 80)]
    assert errors[-1] < 0.02
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(2**order, rel=0.25)


def test_the_target_distribution_is_reached():
    images = drawn_by(Heun(40), random(2000, 48))
    assert images.mean() == pytest.approx(MEAN, abs=0.005)
    assert images.std() == pytest.approx(DEVIATION, abs=0.005)


# Guidance.


def test_the_guided_velocity_is_that_of_the_formula():
    """Of a linear reader: ∇ log p(y | x) = Σ (y − σ(Wx)) W."""
    weights = random(2 * 2 * 3, 4) * 0.3
    x, v, labels = random(3, 2, 2, 3), random(3, 2, 2, 3, seed=1), np.eye(4, dtype="float32")[:3]
    t, strength = 0.3, 2.5
    seen = x + (1 - t) * v
    odds = seen.reshape(3, -1) @ weights
    gradient = ((labels - 1 / (1 + np.exp(-odds))) @ weights.T).reshape(x.shape)
    wanted = v + strength * (1 - t) / (t**2 + (1 - t) ** 2) * gradient

    def reader(images):
        return tf.reshape(images, (-1, 12)) @ weights

    given = tf.constant(v), tf.constant(x), tf.constant(t), tf.constant(labels), reader
    found = ClassifierGuidance(strength).guided(*given)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    ended = tf.constant(1.0)
    np.testing.assert_array_equal(ClassifierGuidance(strength).guided(v, x, ended, *given[3:]), v)


def test_a_gradient_belongs_to_its_row(run, labelled_data):
    guide = task_of(run, labelled_data).autoencoder
    images, labels = tf.constant(random(3, SIDE, SIDE, 3) * 0.3), tf.constant(WANTED[:3])
    together = log_probability_gradient(images, labels, guide.read).numpy()
    alone = log_probability_gradient(images[:1], labels[:1], guide.read).numpy()
    assert np.abs(together).max() > 0
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


def log_probability(task, guide):
    """The mean log-probability that the guide gives the wanted labels in drawn pictures."""
    labels = WANTED.repeat(4, 0)
    drawn = task.sampler.sample(labels, [*range(4)] * len(WANTED))
    logits = guide.read(tf.cast(drawn, tf.float32) / 127.5 - 1.0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
    return -float(tf.reduce_mean(tf.reduce_sum(losses, -1)))


def test_guidance_raises_the_probability_of_the_wanted_labels(run, labelled_data):
    found = []
    for strength in (0.0, 1.0, 4.0, 16.0):
        task = task_of(run, labelled_data, guidance=ClassifierGuidance(strength))
        found.append(log_probability(task, task.autoencoder))
    assert all(weaker < stronger for weaker, stronger in pairwise(found))
    assert found[-1] > found[0] + 0.5


def test_no_strength_is_no_guidance_bit_for_bit(run, labelled_data):
    task = task_of(run, labelled_data, guidance=ClassifierGuidance(0.0))
    unguided = task.experiment.flow.model(SIDE, SCHEMA.width)
    task.restore(unguided, "flow")
    noise, labels = tf.constant(random(4, unguided.noise_dim)), tf.constant(WANTED[:4])
    wanted = unguided.sample(noise, labels).numpy()
    np.testing.assert_array_equal(task.generator.sample(noise, labels), wanted)
    guided = task_of(run, labelled_data, guidance=ClassifierGuidance(1.0)).generator
    assert np.abs(guided.sample(noise, labels).numpy() - wanted).max() > 0.01
    with pytest.raises(ValueError, match="needs the `guide`"):
        task_of(run, labelled_data).experiment.flow.model(SIDE, SCHEMA.width).sample(noise, labels)


# What is drawn.


def test_a_picture_is_a_function_of_its_labels_and_seed(run, labelled_data):
    sampler = run.experiment.task(run, labelled_data).sampler
    together = sampler.sample(WANTED[:3], [5, 6, 5])
    np.testing.assert_array_equal(together, sampler.sample(WANTED[:3], [5, 6, 5]))
    alone = sampler.sample(WANTED[1:2], [6]).astype(int)
    assert np.abs(together[1:2] - alone).max() <= 1
    assert np.abs(together[0].astype(int) - sampler.sample(WANTED[:1], [7])[0]).max() > 3


def test_scores_are_kept_apart_by_all_that_changes_pictures(run, labelled_data):
    flows = ({}, {"solver": Euler(5)}, {"solver": Heun(6)}, {"guidance": ClassifierGuidance(2.0)})
    found = [task_of(run, labelled_data, **flow).sampler.fingerprint() for flow in flows]
    assert len(set(found)) == 4
    assert found[0] == task_of(run, labelled_data).sampler.fingerprint()


def test_a_run_draws_otherwise_without_another_training(run, tmp_path):
    task = keras_t2i.load(run.path)
    other = task.drawing_by(solver=Euler(3), guidance=ClassifierGuidance(0.0))
    assert other.experiment.flow == replace(
        task.experiment.flow, solver=Euler(3), guidance=ClassifierGuidance(0.0)
    )
    assert task.drawing_by().experiment == task.experiment
    one, another = (each.generate("red, left", seed=3).astype(int) for each in (task, other))
    assert np.abs(one - another).max() > 3
    served = keras_t2i.load(other.export(tmp_path / "model").parent)
    found = served.generate("red, left", seed=3).astype(int)
    assert np.abs(found - another).max() <= 3


def test_the_c_library_draws_what_keras_draws(run, labelled_data, tmp_path):
    task = run.experiment.task(run, labelled_data)
    texts, seeds, sampler = ["red, left, dot", "RIGHT , blue"], [5, 7], task.sampler
    labels, noise = sampler.encode(texts), random(2, 3 * SIDE**2)
    mixed = 0.25 * labels[::-1] + 0.75 * labels
    calls = {
        "generate": {"labels": texts, "seed": seeds, "truncation": [0.5, 0.5]},
        "synthesize": {"noise": noise.tolist(), "condition": labels.tolist()},
        "interpolate": {
            "labels_from": texts, "labels_to": texts[::-1], "alpha": [0.25] * 2, "seed": seeds,
        },
        "sample_noise": {"seed": seeds},
    }  # fmt: skip
    (answers,) = all_answers([(task.export(tmp_path / "model"), calls)])
    expected = {
        "generate": sampler.sample(labels, seeds, 0.5),
        "synthesize": to_uint8(sampler.generator.sample(tf.constant(noise), tf.constant(labels))),
        "interpolate": sampler.sample(mixed, seeds),
    }
    for name, wanted in expected.items():
        assert np.abs(pictures(answers[name]).astype(int) - wanted.astype(int)).max() <= 3, name
    found = np.array(answers["sample_noise"]["noise"], "float32")
    np.testing.assert_allclose(found, sampler.latents(labels, seeds)[:, : 3 * SIDE**2], atol=1e-5)


def test_what_a_run_shares_is_enough_to_draw(run, tmp_path):
    """Weights of both stages in half precision."""
    task = keras_t2i.load(run.path)
    shared = keras_t2i.load(task.save_pretrained(tmp_path / "shared"))
    one, other = (each.generate("red, left", seed=3).astype(int) for each in (task, shared))
    assert np.abs(one - other).mean() < 2


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        ({"guidance": ClassifierGuidance(-1.0)}, r"--flow.guidance.strength must be a number tha"),
        ({"guidance": ClassifierGuidance(float("nan"))}, r"--flow.guidance.strength must be"),
        ({"solver": Euler(0)}, r"--flow.solver.steps must be at least 1. Received: 0"),
        ({"network": UNetSizes(blocks=0)}, r"--flow.network.blocks must be at least 1"),
        ({"network": UNetSizes(width=12)}, r"U-Net's width must be a multiple of 8.*Received: 12"),
        ({"network": UNetSizes(max_width=100)}, r"max_width must be a multiple of 8"),
        ({"times": "uniform"}, r"flow.times must be an object of TrainingTimes"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_line(flow, message):
    wrong = tiny_flow(**flow)

    def check():
        check_numbers(wrong)
        check_experiment(wrong)

    with pytest.raises(InputError, match=message) as refused:
        check()
    assert "\n" not in str(refused.value)


def test_a_patch_must_leave_a_map(run):
    assert UNetSizes(8, 16, 1, patch=2).channels(SIDE) == (8, 16)  # at 8×8 and 4×4
    for patch in (3, 8):
        wrong = tiny_flow(network=UNetSizes(8, 8, 1, patch))
        with pytest.raises(InputError, match=rf"must divide the pictures' size 16.*: {patch}"):
            wrong.check_data(run.info)
