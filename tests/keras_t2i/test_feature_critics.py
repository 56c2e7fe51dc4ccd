"""Critics on the maps of a frozen network (Sauer et al. 2021), and the network's file."""

import hashlib
import shutil
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.adversarial.losses import NonSaturating
from keras_t2i.catalogue import preset
from keras_t2i.commands.compare import compare
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.commands.fit import parse
from keras_t2i.hub.saving import save_pretrained
from keras_t2i.metrics.results_log import read
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.feature_networks import RememberedMaps, feature_networks
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.text_to_image.critic_ensemble import CriticEnsemble, MapCritic
from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics
from keras_t2i.training import checkpoint
from keras_t2i.training.branching import Branch
from keras_t2i.training.checkpoints import Checkpoints
from keras_t2i.training.run import Run, read_json
from tests.games import pictures
from tests.small import MAPS, SENTENCES, SIDE, small

NAME = "vision-aided-gan"


def game(**changes):
    """A small GAN with critics on the tiny network's maps."""
    stage = replace(small(NAME).gan, **changes)
    model = stage.model(8, networks=feature_networks(stage.extractors))
    model.ready(model.term_names(batch()))
    return model


def batch(rows=4):
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=(rows, 8)).astype("float32") for name in ("caption", "other")}
    return {
        "image": pictures(rows, SIDE),
        "caption": tf.constant(given["caption"]),
        "mismatched": tf.constant(given["other"]),
        "label": tf.zeros((rows,), tf.int64),
    }


def with_file(experiment, file, **changes):
    (critics,) = experiment.gan.feature_critics
    critics = replace(critics, extractor=str(file), **changes)
    return replace(experiment, gan=replace(experiment.gan, feature_critics=(critics,)))


@pytest.mark.parametrize(("side", "last"), [(29, 4), (14, 4), (6, 3), (4, 4), (2, 2)])
def test_a_map_of_any_side_is_brought_to_four_places_or_fewer(side, last):
    critic = MapCritic(side, 8, seed=0)
    rng = np.random.default_rng(0)
    maps, embedding = (
        rng.normal(size=shape).astype("float32") for shape in ((3, side, side, 5), (3, 6))
    )
    features = critic.features(maps)
    assert features.shape == (3, last, last, 8)
    assert critic.score(features, embedding).shape == (3, last * last)


def test_a_critic_reads_picture_and_caption_together():
    """Its score is no sum of one of the picture and one of the caption."""
    critic = MapCritic(4, 8, seed=0)
    rng = np.random.default_rng(0)
    maps, others = rng.normal(size=(2, 50, 4, 4, 5)).astype("float32")
    one, other = rng.normal(size=(2, 50, 6)).astype("float32")

    def score(x, e):
        return critic.score(critic.features(x), e).numpy()

    gained = score(maps, one) - score(maps, other)
    assert np.abs(gained - (score(others, one) - score(others, other))).max() > 1e-3


def test_the_projection_is_fixed_and_the_same_in_every_process():
    model = game()
    (critic,) = model.discriminator.critics
    projection = critic._projection.kernel
    first = projection.numpy()
    weights = [v for v in model.discriminator.trainable_variables if "kernel" in v.path]
    before = [v.numpy() for v in weights]
    tf.function(model.train_step)(batch())
    np.testing.assert_array_equal(projection.numpy(), first)
    assert all((v.numpy() != b).any() for v, b in zip(weights, before, strict=True))
    (maps,) = feature_networks([str(MAPS)])(str(MAPS), pictures(2, SIDE))
    again = MapCritic(maps.shape[1], 8, seed=0)
    again.features(maps)
    np.testing.assert_array_equal(again._projection.kernel.numpy(), first)


def test_the_network_belongs_to_no_player():
    """No weight of it is trained, averaged or kept with the run."""
    held = {v.path for v in keras.models.load_model(MAPS).variables}
    assert held
    assert not held & {v.path for v in game().variables}


def test_losses_take_the_mean_of_discriminator_and_places():
    model = game()
    images, embedding = pictures(4, SIDE), batch()["caption"]
    logits = model.discriminator(images, embedding)
    own = model.discriminator._discriminator(images, embedding)
    maps = feature_networks([str(MAPS)])(str(MAPS), images)
    places = int(np.prod(model.discriminator.critics[0].features(maps[0]).shape[1:3]))
    assert logits.shape == (4, 16 + places)
    np.testing.assert_allclose(logits[:, :16], np.tile(own[:, None], 16), rtol=1e-5)
    wanted = np.log1p(np.exp(-logits.numpy().astype("float64"))).mean()
    np.testing.assert_allclose(NonSaturating().real(logits), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "words"), [(NAME, ()), ("word-attention-gan", (tf.ones((4, 6, 5)), tf.ones((4, 6))))]
)
def test_the_generator_learns_through_the_network(name, words):
    """The critics' part of the generator's gradient is not 0; any GAN of captions takes them."""
    stage = replace(small(name).gan, feature_critics=small(NAME).gan.feature_critics)
    shape = {"word_shape": (6, 5)} if words else {}
    model = stage.model(8, networks=feature_networks(stage.extractors), **shape)
    noise = model.latent.sample((4, model.network.noise_dim), (0, 0))
    embedding = batch()["caption"]
    with tf.GradientTape() as tape:
        images, _ = model.network(noise, embedding, *words, training=True)
        logits = model.discriminator(images, embedding)[:, 16:]
    slopes = tape.gradient(logits, [w.value for w in model.network.trainable_weights])
    assert max(float(tf.reduce_max(tf.abs(s))) for s in slopes if s is not None) > 0


def test_remembered_maps_build_the_same_network():
    stage = small(NAME).gan
    shapes = stage.map_shapes()
    trained = stage.model(8, networks=feature_networks(stage.extractors))
    drawn = stage.model(8, networks=RememberedMaps(shapes))
    assert [tuple(v.shape) for v in trained.variables] == [tuple(v.shape) for v in drawn.variables]
    assert isinstance(drawn.discriminator, CriticEnsemble)


def test_critics_join_a_gan_that_was_trained_without_them(tmp_path):
    """All goes on but the critics and the optimizers, which begin anew."""
    plain = replace(small(NAME).gan, feature_critics=()).model(8)
    plain.ready(plain.term_names(batch()))
    tf.function(plain.train_step)(batch())
    checkpoint.save(plain, tmp_path)
    aided = game()
    untrained = [v.numpy() for critic in aided.discriminator.critics for v in critic.variables]
    assert checkpoint.restore(aided, tmp_path)
    assert aided.step.numpy() == 1
    for ours, theirs in (
        (aided.network, plain.network),
        (aided.average, plain.average),
        (aided.discriminator._discriminator, plain.discriminator),
    ):
        for one, other in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    now = [v.numpy() for critic in aided.discriminator.critics for v in critic.variables]
    for one, other in zip(now, untrained, strict=True):
        np.testing.assert_array_equal(one, other)
    for player in (aided.generator, aided.critic):
        assert player.optimizer.iterations.numpy() == 0
    tf.function(aided.train_step)(batch())
    checkpoint.save(aided, tmp_path)
    again = game()
    assert checkpoint.restore(again, tmp_path)
    np.testing.assert_array_equal(again.critic.optimizer.iterations.numpy(), 1)
    assert checkpoint.restore(plain, tmp_path)  # critics leave: the others are as they were
    assert plain.step.numpy() == 2
    pairs = zip(
        plain.discriminator.variables, aided.discriminator._discriminator.variables, strict=True
    )
    for one, other in pairs:
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_critics_of_another_network_begin_anew(tmp_path, capsys):
    """Maps of the same shapes do not make them the same critics."""
    trained = game()
    tf.function(trained.train_step)(batch())
    Checkpoints(trained, tmp_path, 0.0).save()
    again, other = game(), other_game(tmp_path)
    Checkpoints(again, tmp_path, 0.0).restore()
    assert not capsys.readouterr().err
    untrained = critics_of(other)
    Checkpoints(other, tmp_path, 0.0).restore()
    assert "Those of this one begin untrained" in capsys.readouterr().err
    assert again.critic.optimizer.iterations.numpy() == 1
    assert other.critic.optimizer.iterations.numpy() == 0
    for held, wanted in ((again, critics_of(trained)), (other, untrained)):
        for one, two in zip(critics_of(held), wanted, strict=True):
            np.testing.assert_array_equal(one, two)
    for one, two in zip(other.network.variables, trained.network.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def other_game(folder):
    """The same GAN by a network of the same maps and other weights."""
    network = keras.models.load_model(MAPS)
    network.set_weights([2 * weight for weight in network.get_weights()])
    network.save(folder / "other.keras")
    (critics,) = small(NAME).gan.feature_critics
    return game(feature_critics=(replace(critics, extractor=str(folder / "other.keras")),))


def critics_of(model):
    return [v.numpy() for critic in model.discriminator.critics for v in critic.trainable_variables]


def test_the_option_names_the_file():
    experiment, _, _ = parse(
        ["vision-aided-gan-narrow", "--gan.feature-critics.0.extractor", str(MAPS),
         "--gan.feature-critics.0.maps", "1"]
    )  # fmt: skip
    assert experiment.gan.feature_critics == (FeatureCritics(str(MAPS), (1,)),)
    for name in ("word-attention-gan-narrow", "stack-gan-narrow", "cub10-birds"):
        experiment, _, _ = parse([name, "--gan.feature-critics.0.extractor", str(MAPS)])
        assert experiment.gan.feature_critics == (FeatureCritics(str(MAPS)),)
    experiment, _, _ = parse(["stack-gan-narrow", "--gan.first.feature-critics.0.width", "32"])
    assert experiment.gan.first.feature_critics == (FeatureCritics(width=32),)
    two = ("--gan.feature-critics.1.extractor", "b", "--gan.feature-critics.0.extractor", "a.npz")
    experiment, _, _ = parse(["small-birds", *two])
    assert [critics.extractor for critics in experiment.gan.feature_critics] == ["a.npz", "b"]
    for option in ("--gan.feature-critics.1.extractor", "--gan.critic-terms.1.weight"):
        with pytest.raises(SystemExit):
            parse(["small-birds", option, "1"])
    with pytest.raises(InputError, match=r"needs the file of a network.*\.0\.extractor.* ''"):
        preset("vision-aided-gan-narrow").check()


def test_networks_that_cannot_be_used_are_refused_before_any_training(colour_data, tmp_path):
    experiment = small(NAME)

    def refused(match, file=MAPS, **changes):
        run = Run(tmp_path / "run")
        with pytest.raises(InputError, match=match):
            fit(with_file(experiment, file, **changes), colour_data, run)
        assert run.summary("encoder") is None
        assert not (run.path / "encoder").exists()

    refused(r"needs the file of a network.*tflite", "some.tflite")
    refused(r"none\.npz: no such file", tmp_path / "none.npz")
    refused(r"maps must have at least one place", maps=())
    refused(r"maps must be at most 1, .* Received: \[2\]", maps=(2,))
    refused(r"maps must be at least 1\. Received: 0", maps=(0,))
    flat = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten()])
    flat.save(tmp_path / "flat.keras")
    refused("flat.keras has no output that is a map", tmp_path / "flat.keras")
    (tmp_path / "empty.npz").touch()
    refused("empty.npz: not readable as .npz", tmp_path / "empty.npz")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04" + bytes(60))
    refused("cut.npz: not readable as .npz", tmp_path / "cut.npz")
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    refused("array.npz: not readable as .npz", tmp_path / "array.npz")
    with zipfile.ZipFile(tmp_path / "nothing.keras", "w") as file:
        file.writestr("notes.txt", "no network")
    refused("nothing.keras: not readable as a network", tmp_path / "nothing.keras")
    one, two = (keras.Input((SIDE, SIDE, 3)) for _ in range(2))
    keras.Model([one, two], keras.layers.Add()([one, two])).save(tmp_path / "two.keras")
    refused("it must have one input, pictures; it has 2", tmp_path / "two.keras")
    refused("must be on this machine, not an address", "gs://bucket/network.npz")


def test_the_run_keeps_the_sha256_and_draws_without_the_file(colour_data, tmp_path, capsys):
    file = tmp_path / "network.keras"
    shutil.copy(MAPS, file)
    experiment, run = with_file(small(NAME), file), Run(tmp_path / "run")
    watch = EvalSchedule(1, extractor=str(file), extractor_range=(0.0, 255.0), count=4)
    fit(experiment, colour_data, run, watch=watch)
    assert "learned by this very network" in capsys.readouterr().err
    assert read(run.path / "evaluation")[-1]["flattered"]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert read_json(run.path / "task.json")["extractors"] == {str(file): digest}
    fit(experiment, colour_data, run)  # the same file: it goes on
    other = Run(tmp_path / "other")  # a refusal leaves nothing that would block another try
    with pytest.raises(InputError, match="maps must be at most 1"):
        fit(with_file(small(NAME), file, maps=(2,)), colour_data, other, reuse=run)
    assert not other.path.exists()
    shared = save_pretrained(run.experiment.task(run), tmp_path / "shared")
    for name in ("experiment.json", "task.json"):
        text = (shared / name).read_text("utf-8")
        assert "network.keras" in text
        assert str(tmp_path) not in text
    drawn = run.experiment.task(run).generate(["a red square"], seeds=[1])
    for extractor, flattered in ((str(file), True), ("random", False)):
        evaluate(Arguments(run.path, extractor=extractor, extractor_range=(0.0, 255.0), count=4))
        assert ("learned by this very network" in capsys.readouterr().err) == flattered
        line = read(run.path / "evaluation")[-1]
        assert line.get("flattered", False) == flattered
        notes = [note for _, note in compare([run.path, run.path])["Notes"]]
        assert any("learned by this very network" in note for note in notes)
    another = keras.models.load_model(MAPS)
    another.set_weights([2 * weight for weight in another.get_weights()])
    another.save(file)
    with pytest.raises(InputError, match=f"was started with a file of sha256 {digest}"):
        fit(experiment, colour_data, run)
    capsys.readouterr()
    branch = Branch(run)  # a new run may go on by other critics
    with pytest.raises(InputError, match="maps must be at most 1"):
        fit(with_file(small(NAME), file, maps=(2,)), colour_data, other, branch=branch)
    longer = replace(experiment, gan=replace(experiment.gan, pairs=2 * experiment.gan.pairs))
    fit(longer, colour_data, other, branch=branch)
    assert "learned by networks of other files than these" in capsys.readouterr().err
    file.unlink()
    again = run.experiment.task(run).generate(["a red square"], seeds=[1])
    np.testing.assert_array_equal(again, drawn)
    theirs = keras_t2i.load(shared).generate(["a red square"], seeds=[1])
    assert np.abs(theirs.astype(int) - drawn).max() <= 2  # its weights are float16
    with pytest.raises(InputError, match="no such file"):
        fit(experiment, colour_data, run)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("vision-aided-gan", (str(MAPS),)),
        ("srgan-features", (str(MAPS),)),
        ("frozen-encoder-gan", (str(SENTENCES),)),
        ("self-attention-gan", ()),
    ],
)
def test_stages_name_the_files_that_a_user_gave(name, files):
    """Sharing a run leaves their folders out by these names."""
    assert tuple(f for stage in small(name).stages for f in stage.given_files) == files
