"""CycleGAN: its pool, its game, and a run from its preset to a served model."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.losses import LeastSquares
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.unpaired_image_to_image.image_pool import ImagePool, empty_pool
from keras_t2i.tasks.unpaired_image_to_image.networks import ResidualTranslator
from keras_t2i.training.optimizers import Adam
from keras_t2i.training.run import Run
from tests.games import GAMES


def tiny(**options):
    experiment = preset("cycle-gan-demo")
    gan = replace(
        experiment.gan, width=8, blocks=1, critic_width=8, epochs=12, batch_size=2, pool=4,
        sample_every=6, **options,
    )  # fmt: skip
    return replace(experiment, domain_a="red", domain_b="blue", gan=gan, deterministic=True)


@pytest.fixture(scope="module")
def run(colour_data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "cycle")
    fit(tiny(), colour_data, made)
    return made


def fakes(number, count=2):
    return tf.fill((count, 4, 4, 3), float(number))


def test_the_pool_fills_then_gives_old_for_new():
    variable = empty_pool(4, 4, "pool")
    pool, shown, kept = ImagePool(variable), [], []
    exchange = tf.function(pool.exchange)
    for step in range(60):
        seed = tf.constant([step, 7], tf.int64)
        out = exchange(fakes(step + 1), tf.constant(step, tf.int64), seed).numpy()[:, 0, 0, 0]
        shown.append(out)
        kept.append(set(variable.numpy()[:, 0, 0, 0]))
        if step < 2:  # not full: shown as they are, and kept
            np.testing.assert_array_equal(out, step + 1)
            assert step + 1 in kept[-1]
        assert set(out) <= {step + 1.0} | kept[-2] if step else True
    old = np.mean([value != step + 1 for step, out in enumerate(shown) for value in out])
    assert 0.3 < old < 0.65
    assert 0 not in kept[-1]


_POOL = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from keras_t2i.tasks.unpaired_image_to_image.image_pool import ImagePool, empty_pool

names = [device.name for device in tf.config.list_logical_devices("CPU")]
told = []
for strategy in tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(names):
    with strategy.scope():
        variable = empty_pool(6, 4, "pool")
    pool, count = ImagePool(variable), 4 // strategy.num_replicas_in_sync

    @tf.function
    def exchange(step, seed):
        def of_replica(fakes):
            return pool.exchange(fakes, step, seed)

        rows = tf.range(4, dtype=tf.float32)[:, None, None, None] * tf.ones((4, 4, 4, 3))
        parts = strategy.experimental_distribute_values_from_function(
            lambda c: 10.0 * tf.cast(step, tf.float32)
            + rows[c.replica_id_in_sync_group * count :][:count]
        )
        return strategy.run(of_replica, args=(parts,))

    shown = []
    for step in range(8):
        out = exchange(tf.constant(step, tf.int64), tf.constant([step, 7], tf.int64))
        out = strategy.experimental_local_results(out)
        shown += [part.numpy()[:, 0, 0, 0].tolist() for part in out]
    variable.assign(variable.numpy())  # as a checkpoint is saved and restored
    copies = strategy.experimental_local_results(variable.value)
    told.append([sum(shown, []), *[copy.numpy()[:, 0, 0, 0].tolist() for copy in copies]])
print(json.dumps(told))
"""


def test_the_pools_of_two_devices_are_that_of_one():
    child = subprocess.run(
        [sys.executable, "-c", _POOL], capture_output=True, text=True, check=False, timeout=120
    )
    assert child.returncode == 0, child.stderr[-3000:]
    (shown, pool), (shown_by_two, *pools) = json.loads(child.stdout.splitlines()[-1])
    assert shown_by_two == shown
    assert pools == [pool, pool]


def test_the_pool_fills_over_all_of_a_steps_moves(colour_data, tmp_path):
    experiment = tiny(schedule=Alternating(3), cycle_weight=0.0)
    run = Run(tmp_path / "run")
    run.open(experiment, DatasetInfo.load(colour_data), colour_data)
    training = experiment.task(run, colour_data).build(experiment.gan)
    model = training.model
    model.train_step(next(iter(training.dataset(0))))
    for pool in (model.pool_a, model.pool_b):
        held = pool.numpy()
        assert len({picture.tobytes() for picture in held}) == 4  # three moves of two: full


def test_the_rate_is_held_and_falls():
    rate = Adam(0.1, held=0.5).make(100).learning_rate
    optimizer = Adam(0.1, held=0.5).make(100)
    variable = keras.Variable(0.0)
    optimizer.build([variable])
    rates = []
    for _ in range(100):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([tf.constant(1.0)], [variable])
    assert rates[:51] == pytest.approx([0.1] * 51)
    assert rates[75] == pytest.approx(0.05)
    assert rates[99] == pytest.approx(0.002)
    assert float(rate) == pytest.approx(0.1)
    with pytest.raises(InputError, match=r"knows its number of steps.*Received: held=0.5"):
        Adam(0.1, held=0.5).make()


def test_the_generator_keeps_the_size_and_each_picture_to_itself():
    network = ResidualTranslator(8, 1)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype("float32")
    whole = network(images).numpy()
    assert whole.shape == images.shape
    np.testing.assert_allclose(network(images[1:2]).numpy(), whole[1:2], atol=1e-5)


def test_a_step_moves_all_four_networks(colour_data, tmp_path):
    from keras_t2i.pipelines.dataset_info import DatasetInfo

    experiment, run = tiny(identity_weight=5.0), Run(tmp_path / "run")
    run.open(experiment, DatasetInfo.load(colour_data), colour_data)
    training = experiment.task(run, colour_data).build(experiment.gan)
    model = training.model
    networks = (model.a_to_b, model.b_to_a, model.critic_a, model.critic_b)
    before = [[v.numpy() for v in network.trainable_variables] for network in networks]
    logs = tf.function(model.train_step)(next(iter(training.dataset(0))))
    for network, held in zip(networks, before, strict=True):
        moved = [
            not np.array_equal(v.numpy(), old)
            for v, old in zip(network.trainable_variables, held, strict=True)
        ]
        assert np.mean(moved) > 0.9
    assert {"critic/real_first", "generator/cycle_second", "generator/identity_first"} <= set(logs)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert model.pool_a.numpy()[:2].any()


def test_critics_are_halved_and_generators_are_not():
    model, batch = GAMES["CycleGAN"]()
    model.adversarial_loss = LeastSquares(1.0)
    context = model.context(batch)
    critic, generator = model.critic_terms(context), model.generator_terms(context)
    for kind, domain in context.domains.items():
        real, shown = domain.score(domain.real).numpy(), domain.score(domain.shown_fakes).numpy()
        fake = domain.score(domain.fakes).numpy()
        assert float(critic[f"real_{kind}"]) == pytest.approx(0.5 * ((real - 1) ** 2).mean())
        assert float(critic[f"fake_{kind}"]) == pytest.approx(0.5 * (shown**2).mean())
        assert float(generator[f"fake_{kind}"]) == pytest.approx(((fake - 1) ** 2).mean())
        assert float(context.logged[f"score/real_{kind}"]) == pytest.approx(real.mean())
        assert float(context.logged[f"score/fake_{kind}"]) == pytest.approx(shown.mean())
    names = [f"{name}_{kind}" for kind in ("first", "second") for name in ("real", "fake")]
    assert list(critic) == names


def test_a_run_ends_with_the_errors_of_there_and_back(run):
    found = run.summary("gan")["test"]
    assert set(found) == {
        "domain_a_moved", "domain_a_cycle_error", "domain_b_moved", "domain_b_cycle_error",
    }  # fmt: skip
    assert found["domain_a_cycle_error"] < 60
    grid = Image.open(run.path / run.summary("gan")["samples"])
    assert grid.size[1] == 6 * 18 - 2


def test_files_go_there_and_back(run, tmp_path):
    Image.new("RGB", (20, 20), (200, 30, 30)).save(tmp_path / "red.png")
    (there,) = draw(
        GenerateOptions(run.path, translate=(tmp_path / "red.png",), out=tmp_path / "a.png")
    )
    (back,) = draw(GenerateOptions(run.path, translate=(there,), back=True, out=tmp_path / "b.png"))
    assert Image.open(there).tobytes() != Image.open(back).tobytes()


def test_both_ways_are_served(run, tmp_path):
    served = tf.saved_model.load(str(export(run, tmp_path / "cycle"))).signatures
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    task = run.experiment.task(run, run.data)
    for name, back in (("translate", False), ("translate_back", True), ("serving_default", False)):
        png = served[name](image_bytes=tf.constant([held.getvalue()]))["image_bytes"].numpy()[0]
        expected = task.translated(task.gan, picture[None], back)[0].astype(int)
        assert np.abs(tf.io.decode_png(png).numpy() - expected).max() <= 1


def test_what_cannot_be_trained(colour_data, tmp_path):
    small = replace(tiny(), gan=replace(tiny().gan, pool=1))
    with pytest.raises(InputError, match="must hold a batch"):
        fit(small, colour_data, Run(tmp_path / "a"))
    with pytest.raises(InputError, match="no class or label 'grey'"):
        fit(replace(tiny(), domain_a="grey"), colour_data, Run(tmp_path / "b"))
    with pytest.raises(InputError, match=r"no class or label 'rad'. Did you mean 'red'\?"):
        fit(replace(tiny(), domain_a="rad"), colour_data, Run(tmp_path / "c"))
    with pytest.raises(InputError, match=r"--domain-b 'red': \d+ pictures are of both"):
        fit(replace(tiny(), domain_b="red"), colour_data, Run(tmp_path / "d"))
