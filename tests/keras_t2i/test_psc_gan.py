"""PSC-GAN: its layers, its two stages, what is frozen, and what is drawn."""

import json
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.catalogue import preset
from keras_t2i.commands.generate import draw
from keras_t2i.metrics.condition_accuracy import condition_accuracy, labels_read_back
from keras_t2i.networks.layers.doubling import interpolated
from keras_t2i.networks.layers.enlarging_specs import Interpolated
from keras_t2i.networks.layers.multi_add import MultiAddDown, MultiAddUp
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
from keras_t2i.tasks.labels_to_image.initializers import FromAutoencoder, latent_fit
from keras_t2i.tasks.labels_to_image.task import LabelsToImageTask
from keras_t2i.training.run import Run
from keras_t2i.training.steps import Steps
from tests.runs import assert_same_state, checkpoint_values, child, wait_for
from tests.tiny_labels import SCHEMA, tiny_labels


def random_maps(sizes, channels, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(2, size, size, width)).astype("float32")
        for size, width in zip(sizes, channels, strict=True)
    ]


def test_multi_add_down_is_the_paper_read_literally():
    maps, layer = random_maps((16, 8, 4), (3, 5, 6)), MultiAddDown()
    result = layer(maps).numpy()
    expected = maps[-1].copy()
    for project, x in zip(layer._project, maps[:-1], strict=True):
        whole = x @ project.kernel.numpy()
        f = whole.shape[1] // 4
        expected += whole.reshape(2, 4, f, 4, f, 6).mean((2, 4))
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_multi_add_up_is_the_paper_read_literally():
    maps, layer = random_maps((4, 8, 16), (6, 5, 3)), MultiAddUp()
    result = layer(maps).numpy()
    expected = maps[-1].copy()
    for project, x in zip(layer._project, maps[:-1], strict=True):
        f = 16 // x.shape[1]
        expected += (x @ project.kernel.numpy()).repeat(f, 1).repeat(f, 2)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 1, 1, 3), (2, 4, 4, 3), (1, 2, 8, 1)])
def test_interpolation_is_bilinear(shape):
    maps = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = tf.image.resize(maps, (2 * shape[1], 2 * shape[2]), "bilinear")
    np.testing.assert_allclose(interpolated(tf.constant(maps)), expected, atol=1e-6)


def test_maps_may_be_interpolated_before_they_are_added():
    maps, layer = random_maps((4, 8, 16), (6, 5, 3)), MultiAddUp(interpolated)
    result = layer(maps).numpy()
    expected = maps[-1].copy()
    for project, x in zip(layer._project, maps[:-1], strict=True):
        own = tf.constant(x @ project.kernel.numpy())
        while own.shape[1] < 16:
            own = interpolated(own)
        expected += own.numpy()
    np.testing.assert_allclose(result, expected, atol=1e-5)
    decoder = FaceNetworks(width=4, latent_dim=6, doubling=Interpolated()).decoder(16)
    assert decoder._add._double is interpolated


def test_everything_but_the_ends_computes_in_the_precision_asked_for():
    experiment = tiny_labels(precision="bfloat16")
    model = experiment.gan.model(experiment.networks, 16, SCHEMA.width)
    assert model.network.decoder._add._project[0].compute_dtype == "bfloat16"
    images = model.sample(tf.zeros((2, 6)), tf.zeros((2, SCHEMA.width)))
    assert images.dtype == tf.float32
    assert {str(v.dtype) for v in model.network.variables} == {"float32"}


def test_latents_of_noise_and_labels_are_distributed_as_those_of_pictures():
    rng = np.random.default_rng(0)
    labels = np.eye(3)[rng.integers(0, 3, 4000)]
    mixing = rng.normal(size=(4, 10))
    latents = labels @ rng.normal(size=(3, 10)) * 3 + rng.normal(size=(4000, 4)) @ mixing + 1
    kernel, bias = latent_fit(latents, labels, noise_dim=6)
    noise = rng.normal(size=(4000, 6))
    made = np.concatenate([noise, labels], axis=1) @ kernel + bias
    for label in range(3):
        own = labels[:, label] == 1
        np.testing.assert_allclose(made[own].mean(0), latents[own].mean(0), atol=0.35)
        np.testing.assert_allclose(np.cov(made[own].T), np.cov(latents[own].T), atol=1.2)


def test_condition_accuracy_counts_groups():
    labels = np.stack([SCHEMA.parse("red, left, dot"), SCHEMA.parse("blue, right")])
    logits = np.where(labels > 0, 4.0, -4.0)
    assert condition_accuracy(SCHEMA, logits, labels) == 1.0
    logits[0, :3] = [-3, -2, 0]  # green instead of red, though no logit is positive
    logits[1, 5] = 1.0  # a dot that was not asked for
    found = labels_read_back(SCHEMA, logits, labels)
    assert found["colour"].tolist() == [0.0, 1.0]
    assert found["marks"].tolist() == [1.0, 0.0]
    assert condition_accuracy(SCHEMA, logits, labels) == pytest.approx(4 / 6)


def test_the_guides_are_frozen_and_still_guide(trained_labels, labelled_data):
    """Stage two moves no weight and no BatchNorm statistic of E*, C*, yet its gradient passes."""
    task = trained_labels.experiment.task(trained_labels, labelled_data)
    guide = task.autoencoder
    before = [v.numpy() for v in guide.variables]
    training = task.build(trained_labels.experiment.gan)
    model = training.model
    assert not {id(v) for v in guide.variables} & {id(v) for v in model.variables}
    Steps(model, training.dataset(0)).take(4)
    for variable, value in zip(guide.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    batch = next(iter(training.dataset(0)))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        model.generator.watch(tape)
        term = model.generator_extras[0](model.context(batch))
    gradients = model.generator.gradients(tape, term)
    assert all(float(tf.norm(gradient)) > 0 for gradient in gradients)


def test_the_generator_starts_from_the_trained_decoder(trained_labels, labelled_data):
    task = trained_labels.experiment.task(trained_labels, labelled_data)
    decoder = task.autoencoder.decoder.get_weights()
    started = task.build(trained_labels.experiment.gan).model
    for network in (started.network, started.average):
        for one, other in zip(network.decoder.get_weights(), decoder, strict=True):
            np.testing.assert_array_equal(one, other)
    random = (
        LabelsToImageTask(tiny_labels("vanilla-gan"), trained_labels, labelled_data)
        .build(tiny_labels("vanilla-gan").gan)
        .model.network.decoder.get_weights()
    )
    assert any(np.abs(a - b).max() > 0.01 for a, b in zip(random, decoder, strict=True))


def test_a_matched_start_draws_what_is_asked_at_once(trained_labels, labelled_data):
    """Before any step of stage two: latents fitted to labels, against the random dense layer."""
    accuracies = {}
    for match in (False, True):
        experiment = tiny_labels(initializer=FromAutoencoder(fit_entry_layer=match))
        task = LabelsToImageTask(experiment, trained_labels, labelled_data)
        gan = task.build(experiment.gan).model
        labels = SCHEMA.combinations().repeat(8, 0)
        noise = tf.random.stateless_normal((len(labels), 6), (0, 1))
        logits = task.autoencoder.read(gan.sample(noise, tf.constant(labels))).numpy()
        accuracies[match] = condition_accuracy(SCHEMA, logits, labels)
    assert accuracies[True] > accuracies[False] + 0.1


def test_presets_differ_in_what_they_pass_in():
    shapes = {}
    for name in ("psc-gan", "psc-gan-ablation", "pretrained-decoder-gan", "vanilla-gan"):
        experiment = tiny_labels(name)
        stages = [stage.name for stage in experiment.stages]
        assert stages == (["gan"] if name == "vanilla-gan" else ["autoencoder", "gan"])
        model = experiment.gan.model(experiment.networks, 16, SCHEMA.width)
        shapes[name] = [tuple(v.shape) for v in model.variables]
    assert shapes["psc-gan"] == shapes["psc-gan-ablation"]
    assert shapes["vanilla-gan"] == shapes["pretrained-decoder-gan"]


def test_only_the_literal_critic_has_batch_normalisation():
    """A penalty of the slope wants a critic that judges each picture by itself."""
    networks, kinds = FaceNetworks(width=4, max_width=8), {}
    for name in ("psc-gan", "psc-gan-literal"):
        gan = preset(name).gan.model(networks, 16, SCHEMA.width)
        kinds[name] = [type(layer).__name__ for layer in gan.discriminator._flatten_layers()]
        images = tf.random.stateless_normal((4, 16, 16, 3), (0, 1))
        alone = gan.discriminator(images[:1], training=True)[0]
        together = gan.discriminator(images, training=True)[0]
        same = np.allclose(alone, together, atol=1e-5)
        assert same == (name == "psc-gan")
    assert "FusedBatchNormalization" in kinds["psc-gan-literal"]
    assert "FusedBatchNormalization" not in kinds["psc-gan"]


def test_the_random_ablation_starts_with_another_entry_alone(trained_labels, labelled_data):
    decoder, entries = trained_labels.experiment.task(trained_labels, labelled_data), []
    decoder = decoder.autoencoder.decoder.get_weights()
    for name in ("psc-gan-ablation", "psc-gan-ablation-random"):
        experiment = tiny_labels(name)
        task = LabelsToImageTask(experiment, trained_labels, labelled_data)
        network = task.build(experiment.gan).model.network
        for one, other in zip(network.decoder.get_weights(), decoder, strict=True):
            np.testing.assert_array_equal(one, other)
        entries.append(network.entry.get_weights()[0])
    assert np.abs(entries[0] - entries[1]).max() > 0.01


def test_a_finished_run_holds_scores_and_pictures(trained_labels):
    first, second = (trained_labels.summary(name) for name in ("autoencoder", "gan"))
    assert first["test"]["label_accuracy"] > 0.6
    assert first["train"]["reconstruction"] < 0.3
    assert second["steps"] == 4 * 6
    assert set(second["deviation"]) == {"over_noise", "over_captions"}
    names = {path.name for path in trained_labels.samples.iterdir()}
    assert {"samples-0000000.png", "samples-0000012.png", "samples-0000024.png"} <= names
    assert {"reconstructions-0000012.png", "reconstructions-0000024.png"} <= names
    last = json.loads((trained_labels.logs("gan") / "log.jsonl").read_text().splitlines()[-1])
    assert {"critic/real", "critic/fake", "generator/fake", "generator/labels"} <= set(last)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["autoencoder", "gan"])
def test_kill_9_and_resume_ends_bit_equal(stage, trained_labels, labelled_data, tmp_path):
    run = Run(tmp_path / "run")
    process = child(tiny_labels(), labelled_data, run)
    wait_for(lambda: len(list(run.stage(stage).glob("checkpoints/ckpt-*.npz"))) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run.summary(stage) is None
    process = child(tiny_labels(), labelled_data, run)
    assert process.wait() == 0, process.stderr.read()
    assert_same_state(run, trained_labels)


def test_stage_two_alone_from_an_existing_stage_one(trained_labels, labelled_data, tmp_path):
    run = Run(tmp_path / "second")
    other = replace(tiny_labels("psc-gan-ablation"), seed=1)
    fit(other, labelled_data, run, reuse=trained_labels)
    assert run.summary("autoencoder")["reused_from"] == str(trained_labels.path.resolve())
    one, two = (checkpoint_values(r, "autoencoder") for r in (run, trained_labels))
    for name in two:
        np.testing.assert_array_equal(one[name], two[name])
    assert run.summary("gan")["steps"] == 24


def test_a_stage_that_differs_is_not_reused(trained_labels, labelled_data, colour_data, tmp_path):
    other = tiny_labels()
    other = replace(other, autoencoder=replace(other.autoencoder, label_weight=2.0))
    with pytest.raises(InputError, match=r"autoencoder\.label_weight: 1\.0 -> 2\.0"):
        fit(other, labelled_data, Run(tmp_path / "a"), reuse=trained_labels)
    with pytest.raises(InputError, match="other data"):
        fit(tiny_labels(), colour_data, Run(tmp_path / "b"), reuse=trained_labels)
    with pytest.raises(InputError, match="not a run folder"):
        fit(tiny_labels(), labelled_data, Run(tmp_path / "c"), reuse=Run(tmp_path / "nowhere"))
    assert not (tmp_path / "a").exists()


@pytest.fixture
def request_(trained_labels, tmp_path):
    return GenerateOptions(run=trained_labels.path, out=tmp_path / "sheet.png")


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def cell(sheet, row, column, above=0):
    return sheet[above + 4 + row * 20 :, 300 + column * 20 :][:16, :16]


def test_labels_by_any_of_their_names(request_, tmp_path):
    one = draw(replace(request_, labels=("red, left, dot",)))[0]
    same = draw(replace(request_, captions=("DOT, 빨강, left",), out=tmp_path / "b.png"))[0]
    np.testing.assert_array_equal(pixels(one), pixels(same))
    wish = replace(request_, out=tmp_path / "grid.png", count=3, grid=True)
    grid = draw(replace(wish, labels=("red, left", "blue, right")))
    assert pixels(grid[0]).shape == (2 * 20 + 4, 300 + 3 * 20 + 4, 3)


def test_a_grid_of_combinations(request_, tmp_path):
    sheet = pixels(draw(replace(request_, combinations=("colour", "bright side"), seed=3))[0])
    above = sheet.shape[0] - (3 * 20 + 4)
    assert above > 0
    single = draw(replace(request_, labels=("green, right",), seed=3, out=tmp_path / "one.png"))
    np.testing.assert_allclose(cell(sheet, 2, 1, above), pixels(single[0]), atol=3)


def test_interpolation_begins_and_ends_at_the_labels(request_, tmp_path):
    ends = ("red, left", "blue, right, dot")
    sheet = pixels(draw(replace(request_, interpolate=ends))[0])
    for text, row in zip(ends, (0, 7), strict=True):
        single = draw(replace(request_, labels=(text,), out=tmp_path / f"{row}.png"))[0]
        np.testing.assert_allclose(cell(sheet, row, 0), pixels(single), atol=3)


def test_arithmetic_of_mean_latents(request_):
    words = ("red, left", "-", "blue, left", "+", "blue, left")
    sheet = pixels(draw(replace(request_, arithmetic=words))[0])
    above = sheet.shape[0] - (4 * 20 + 4)
    for column in range(4):  # three noises and their mean
        first, last = (cell(sheet, row, column, above) for row in (0, 3))
        np.testing.assert_allclose(first, last, atol=3)


def test_reconstruction_and_reading_of_pictures(request_, labelled_data, tmp_path, capsys):
    split = read_split(labelled_data, "test")
    files = [tmp_path / f"{i}.png" for i in range(2)]
    for file, image in zip(files, split.images, strict=False):
        Image.fromarray(image).save(file)
    sheet = pixels(draw(replace(request_, reconstruct=tuple(files)))[0])
    assert sheet.shape[1] == 300 + 2 * 20 + 4
    assert "0.png: " in capsys.readouterr().out
    grey = tmp_path / "grey.png"
    Image.fromarray(split.images[0]).convert("L").resize((40, 20)).save(grey)
    draw(replace(request_, reconstruct=(grey,), overwrite=True))
    (tmp_path / "folder").mkdir()
    grey.rename(tmp_path / "folder" / "grey.png")
    of_folder = draw(replace(request_, reconstruct=(grey.parent / "folder",), overwrite=True))
    assert pixels(of_folder[0]).shape == (1 * 20 + 4 + 18, 300 + 2 * 20 + 4, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Give --labels"),
        ({"labels": ("red, lefd",)}, "Unknown label 'lefd'. Did you mean 'left'"),
        ({"labels": ("red, blue, left",)}, "exactly one label of the group 'colour'"),
        ({"labels": ("red",)}, "exactly one label of the group 'bright side'"),
        ({"labels": ("red, left",), "attention": True}, "--attention does not go with"),
        ({"combinations": ("colour", "colour")}, "two different groups"),
        ({"combinations": ("colour", "hat")}, "No group 'hat'"),
        ({"labels": ("red, left",), "truncation": 2.0}, "truncation must lie"),
    ],
)
def test_bad_requests(request_, change, words):
    with pytest.raises(InputError, match=words):
        draw(replace(request_, **change))


def test_an_unconditional_run_draws_without_labels(labelled_data, tmp_path):
    run = Run(tmp_path / "vanilla")
    fit(tiny_labels("vanilla-gan", epochs=1), labelled_data, run)
    paths = draw(GenerateOptions(run=run.path, count=3, out=tmp_path / "pictures"))
    assert len(paths) == 3
    with pytest.raises(InputError, match="--labels does not go with"):
        draw(GenerateOptions(run=run.path, labels=("red, left",)))
    with pytest.raises(InputError, match="--reconstruct does not go with"):
        draw(GenerateOptions(run=run.path, reconstruct=(paths[0],)))


def test_a_combination_without_pictures_is_drawn_and_told(request_, trained_labels, capsys):
    from keras_t2i.tasks.labels_to_image.sheets import render

    sampler = trained_labels.experiment.task(trained_labels, trained_labels.data).sampler
    few = {name: count for name, count in sampler.trained_on.items() if "blue" not in name}
    assert len(few) == 8
    asked = replace(request_, labels=("blue, left", "red, left"), grid=True)
    render(replace(sampler, trained_on=few), asked)
    assert capsys.readouterr().err == "no training picture has these labels: blue, left\n"


def test_data_without_labels_are_refused(labelled_data, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(labelled_data, bare)
    info = json.loads((bare / "dataset.json").read_text())
    (bare / "dataset.json").write_text(json.dumps({**info, "attributes": []}))
    with pytest.raises(InputError, match="have no labels; prepare labelled pictures"):
        fit(tiny_labels(), bare, Run(tmp_path / "run"))
