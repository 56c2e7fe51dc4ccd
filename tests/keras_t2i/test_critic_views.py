"""What the critic of an image-to-image GAN sees of a picture."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.penalties import R1, GradientPenalty
from keras_t2i.catalogue import preset
from keras_t2i.components.values import from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import CentreMask, RandomMasks, paired_pictures
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.image_to_image.critic_views import FinishedPicture, HoleAlone, WholeOutput
from keras_t2i.tasks.image_to_image.terms import HoleReconstruction
from keras_t2i.training.run import Run, read_json
from tests.games import pictures
from tests.small import SIDE, small

HOLE = slice(4, 12)


def game(name, colours, rows=6, **changes):
    """The GAN of a preset made small, and its context of a batch."""
    experiment = small(name)
    stage = replace(experiment.gan, **changes)
    degradation = experiment.degradation
    model = stage.model(SIDE, (SIDE, SIDE, 4), degradation=degradation)
    return model, model.context(next(iter(paired_pictures(colours, rows, degradation))))


def test_the_presets_show_what_the_authors_show():
    for suffix in ("", "-demo"):
        assert preset(f"context-encoder{suffix}").gan.critic_view == HoleAlone()
        assert preset(f"context-encoder-random{suffix}").gan.critic_view == WholeOutput()
    assert preset("pix2pix").gan.critic_view == preset("srgan").gan.critic_view == FinishedPicture()


def test_the_critic_of_a_centre_hole_takes_the_hole_alone(colours):
    """Its network is that of pictures of the hole's side, and gives what it gives of a crop."""
    model, context = game("context-encoder", colours)
    of_half = small("context-encoder").gan.networks.critic(SIDE // 2)
    of_half((tf.zeros((1, 8, 8, 4)), tf.zeros((1, 8, 8, 3))))
    assert model.discriminator.count_params() == of_half.count_params()
    for images, logits in (
        (context.real, context.real_logits),
        (context.fakes, context.fake_logits),
    ):
        hole = images[:, HOLE, HOLE]
        np.testing.assert_allclose(
            model.discriminator((hole, hole), training=True), logits, rtol=1e-4, atol=1e-5
        )


def test_nothing_around_the_hole_reaches_the_critic(colours):
    _, context = game("context-encoder", colours)
    images = context.real
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = context.score(images)
    slopes = np.abs(tape.gradient(logits, images).numpy()).sum((0, 3))
    assert slopes[HOLE, HOLE].min() > 0
    slopes[HOLE, HOLE] = 0
    assert slopes.max() == 0


def test_the_hole_is_the_one_that_the_mask_has():
    for share, side in ((0.5, 16), (0.25, 64), (0.3, 27)):
        mask = CentreMask(share).mask(tf.zeros((1, side, side, 3)), None)[0, ..., 0].numpy()
        hole = CentreMask(share).hole(side)
        assert mask[hole, hole].min() == 1
        assert mask.sum() == (hole.stop - hole.start) ** 2


def test_the_critic_of_random_holes_sees_the_whole_output(colours):
    model, context = game("context-encoder-random", colours)
    source, real = context.source, context.real.numpy()
    given, mask = source[..., :3].numpy(), source[..., 3:].numpy()
    drawn = model.network.drawn(source, training=True).numpy()
    np.testing.assert_allclose(context.fakes, drawn, rtol=1e-5, atol=1e-6)
    assert np.abs((drawn - given) * (1 - mask)).mean() > 0.1  # not the true surroundings
    np.testing.assert_allclose(
        context.fake_logits, context.score(tf.constant(drawn)), rtol=1e-4, atol=1e-5
    )
    # The squared error is that of all pixels, the picture that is drawn in the end keeps the given.
    (term,) = model.generator_extras
    squares = 999 * ((drawn - real) ** 2).mean()
    np.testing.assert_allclose(term(context), squares, rtol=1e-4)
    finished = model.network(source, training=False).numpy()
    alone = model.network.drawn(source, training=False).numpy()
    np.testing.assert_allclose(finished, given + mask * alone, rtol=1e-5, atol=1e-6)


def test_the_former_view_shows_the_hole_in_its_surroundings(colours):
    for name in ("context-encoder", "context-encoder-random"):
        model, context = game(name, colours, critic_view=FinishedPicture())
        given, mask = context.source[..., :3].numpy(), context.source[..., 3:].numpy()
        np.testing.assert_array_equal(context.fakes * (1 - mask), given * (1 - mask))
        drawn = model.network.drawn(context.source, training=True)
        np.testing.assert_allclose(context.fakes, given + mask * drawn, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["context-encoder", "context-encoder-random"])
@pytest.mark.parametrize("penalty", [R1(2.0), GradientPenalty(3.0)])
def test_penalties_take_the_slope_of_what_the_critic_sees(name, penalty, colours):
    model, context = game(name, colours, critic_terms=(penalty,))
    assert np.isfinite(float(penalty(context)))
    batch = context.batch
    model.ready(model.term_names(batch))
    assert np.isfinite(float(model.train_step(batch)[f"critic/{penalty.name}"]))


def test_views_refuse_what_has_no_such_part(tmp_path):
    def fit_with(name, **changes):
        experiment = small(name)
        degradation = changes.pop("degradation", experiment.degradation)
        gan = replace(experiment.gan, **changes)
        fit(replace(experiment, gan=gan, degradation=degradation), tmp_path, Run(tmp_path / "run"))

    with pytest.raises(InputError, match=r"HoleAlone needs .* centre .* Received: RandomMasks"):
        fit_with("context-encoder", degradation=RandomMasks())
    with pytest.raises(InputError, match=r"HoleAlone needs .* Received: None"):
        fit_with("pix2pix", critic_view=HoleAlone())
    with pytest.raises(InputError, match=r"WholeOutput needs .* Received: UNetAndPatches"):
        fit_with("pix2pix", critic_view=WholeOutput())
    assert not (tmp_path / "run").exists()
    stage = small("context-encoder").gan
    for share, side in ((0.25, 4), (0.75, 12)):
        with pytest.raises(InputError, match=rf"power of two, at least 8.* Received: {side} of 16"):
            stage.model(SIDE, (SIDE, SIDE, 4), degradation=CentreMask(share))


def test_a_run_from_before_the_views_goes_on_as_it_was(colour_data, tmp_path):
    """Its experiment does not name a view: the critic saw the finished picture."""
    experiment = small("context-encoder")
    gan = replace(
        experiment.gan, critic_view=FinishedPicture(), generator_terms=(HoleReconstruction(),)
    )
    run = Run(tmp_path / "run")
    fit(replace(experiment, gan=gan), colour_data, run)
    file = run.path / "experiment.json"
    held = read_json(file)
    del held["experiment"]["gan"]["critic_view"]
    assert "critic_view" not in json.dumps(held)
    write_json(file, held)
    old = run.experiment
    assert old.gan == gan
    assert from_json(to_json(old)) == old
    picture = np.asarray(pictures(1)[0] * 127 + 128).astype("uint8")
    before = old.task(run).translate([picture])
    steps = run.summary("gan")["steps"]
    (run.stage("gan") / "summary.json").unlink()
    task = fit(old, colour_data, run)  # with all weights and optimizers of its checkpoint
    assert run.summary("gan")["steps"] == steps
    np.testing.assert_array_equal(task.translate([picture]), before)
