"""Whole trainings at tiny size: what is left behind, resumed, refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.callbacks.progress import Progress
from keras_t2i.training.callbacks.shown_terms import shown
from keras_t2i.training.duration import Duration, told
from keras_t2i.training.run import Run
from tests.runs import assert_same_state, checkpoint_values, child, wait_for
from tests.tiny_run import tiny


def test_a_finished_run_holds_what_it_promises(trained):
    for name in ("encoder", "gan"):
        summary = trained.summary(name)
        assert summary["steps"] > 0
        assert 0.1 < summary["peak_memory_gib"] < 100
        logs = (trained.logs(name) / "log.jsonl").read_text().splitlines()
        assert json.loads(logs[-1])["step"] == summary["steps"]
    gan = trained.summary("gan")
    assert gan["steps"] == 24
    assert set(gan["deviation"]) == {"over_noise", "over_captions"}
    assert (trained.path / gan["samples"]).exists()
    assert (trained.samples / "samples-0000012.png").exists()
    assert 0 <= trained.summary("encoder")["train_accuracy"] <= 1


def test_a_run_draws_the_same_pictures_when_it_is_loaded_again(trained):
    """What training drew last, with the weights in memory, against the weights on disk."""
    from PIL import Image

    from keras_t2i.images.grid import captioned_grid

    task = trained.experiment.task(trained, trained.data)
    captions = task.shown_captions[:8]
    again = captioned_grid(captions, task.sampler.table(captions, range(8)))
    drawn = Image.open(trained.path / trained.summary("gan")["samples"])
    np.testing.assert_array_equal(np.asarray(again), np.asarray(drawn))
    assert np.asarray(drawn)[:, 300:].std() > 1


def test_a_checkpoint_holds_every_weight(trained):
    gan = trained.experiment.task(trained, trained.data).gan
    held = checkpoint_values(trained, "gan")
    stored = sum(v.size for name, v in held.items() if name.startswith("model "))
    assert stored == sum(v.numpy().size for v in gan.variables)
    for optimizer in (gan.generator.optimizer, gan.critic.optimizer):
        assert len(optimizer.variables) > 10
    moments = sum(name.startswith(("generator_opt", "critic_opt")) for name in held)
    optimizers = (gan.generator.optimizer, gan.critic.optimizer)
    rates = len(optimizers)  # settings, not states
    assert moments == sum(len(optimizer.variables) for optimizer in optimizers) - rates


def test_terms_answers_and_gradient_norms_are_logged(trained):
    last = json.loads((trained.logs("gan") / "log.jsonl").read_text().splitlines()[-1])
    assert {
        "critic/real", "critic/mismatched", "critic/fake", "generator/fake",
        "generator/divergence", "answer/real", "answer/mismatched", "answer/fake",
        "gradient_norm/critic", "gradient_norm/generator", "rows_per_second",
    } <= set(last)  # fmt: skip
    assert 0 < last["answer/fake"] < 1


def test_the_first_interval_counts_for_the_speed_where_it_is_the_only_one(monkeypatch):
    step, clock = tf.Variable(0), iter((0.0, 10.0, 20.0, 21.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    progress = Progress("gan", steps=20, rows_per_step=3)
    progress.set_model(SimpleNamespace(step=step))
    assert progress.speed == 0
    for speed in (3.0, 30.0):  # the first interval traces for 9 of its 10 seconds
        progress.on_epoch_begin(0)
        step.assign_add(10)
        progress.on_epoch_end(0)
        assert progress.speed == speed


def test_losses_are_shown_in_words():
    logs = {"answer/fake": 0.3, "answer/real": 0.7, "critic/real": 0.5, "critic/penalty": 0.25,
            "generator/fake": 1.0, "gradient_norm/critic": 9.0}  # fmt: skip
    assert shown(logs) == (
        "critic loss 0.750, generator loss 1.000, critic's mean answer to real 0.70, to fake 0.30"
    )
    assert shown({"loss": 0.5, "accuracy": 0.25}) == "loss 0.500, accuracy 0.250"


def test_each_line_of_progress_says_how_long_is_left(monkeypatch, capsys):
    step, clock = tf.Variable(0), iter((0.0, 10.0, 20.0, 30.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    monkeypatch.setattr("time.monotonic", iter(range(0, 1000, 20)).__next__)
    progress = Progress("gan", steps=5020, rows_per_step=3)
    progress.set_model(SimpleNamespace(step=step))
    for _ in range(2):
        progress.on_epoch_begin(0)
        step.assign_add(10)
        progress.on_epoch_end(0, {"critic/real": 0.5, "generator/fake": 0.25})
    lines = capsys.readouterr().err.splitlines()
    # 5,000 steps of a second each
    assert lines[-1] == (
        "gan: step 20 of 5,020, 83 min left, 3 rows/s, critic loss 0.500, generator loss 0.250"
    )


def test_how_long_a_stage_takes_is_told_once(monkeypatch, capsys):
    monkeypatch.setattr("time.perf_counter", iter([0.0, 10.0, 20.0, 30.0]).__next__)
    duration = Duration("gan", steps=100_005, begin=5)
    for step in (6, 7, 9, 10, 12, 20, 30):
        duration.reached(step)
    # At least three steps to warm up, until 9; then three in 20 s: 99,993 more take 7.7 days.
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gan: about 7.7 days to go on this machine. A preset that ends in")
    assert told("gan", 600) == "gan: about 10 min to go on this machine."


def test_embeddings_are_written_for_the_projector(trained):
    folder = trained.logs("encoder")
    embeddings = np.loadtxt(folder / "embeddings.tsv", delimiter="\t")
    captions = (folder / "captions.tsv").read_text().splitlines()
    assert embeddings.shape == (30, 8)
    assert len(captions) == 31
    assert "embeddings.tsv" in (folder / "projector_config.pbtxt").read_text()


def test_the_same_command_on_a_finished_run_trains_nothing(trained, colour_data):
    before = checkpoint_values(trained, "gan")
    fit(tiny(), colour_data, trained)
    after = checkpoint_values(trained, "gan")
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_another_experiment_is_refused_field_by_field(trained, colour_data):
    other = replace(tiny(), gan=replace(tiny().gan, beta_1=0.9))
    with pytest.raises(InputError, match=r"gan\.beta_1: 0\.5 -> 0\.9"):
        fit(other, colour_data, trained)


def test_a_folder_that_is_no_run_is_refused(tmp_path, colour_data):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="neither empty nor a run"):
        fit(tiny(), colour_data, Run(tmp_path))


def test_networks_of_another_size_than_the_data_are_refused(tmp_path, colour_data):
    experiment = tiny(generator_channels=(8, 8))
    experiment = replace(experiment, encoder=replace(experiment.encoder, epochs=1))
    with pytest.raises(InputError, match=r"a generator of 8 .* data of 16"):
        fit(experiment, colour_data, Run(tmp_path / "run"))


def test_a_run_that_was_refused_gives_way_to_the_mended_command(tmp_path, colour_data):
    run = Run(tmp_path / "run")
    refused = replace(tiny(), name="refused", seed=7)
    run.open(refused, DatasetInfo.load(colour_data), colour_data)
    (run.path / "vocabulary.txt").write_text("of other data")
    (run.path / "encoder" / "checkpoints").mkdir(parents=True)
    run.open(tiny(), DatasetInfo.load(colour_data), colour_data)
    assert run.experiment == tiny()
    assert not (run.path / "vocabulary.txt").exists()
    (run.path / "encoder" / "checkpoints" / "ckpt-1.npz").touch()  # now it is worth something
    with pytest.raises(InputError, match="another experiment"):
        run.open(refused, DatasetInfo.load(colour_data), colour_data)


@pytest.mark.slow  # and at every operation on a file: tests/killing
@pytest.mark.parametrize("stage", ["encoder", "gan"])
def test_kill_9_and_resume_ends_bit_equal(stage, trained, colour_data, tmp_path):
    run = Run(tmp_path / "run")
    process = child(tiny(), colour_data, run)
    wait_for(lambda: len(list(run.stage(stage).glob("checkpoints/ckpt-*.npz"))) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run.summary(stage) is None
    process = child(tiny(), colour_data, run)
    assert process.wait() == 0, process.stderr.read()
    assert_same_state(run, trained)


def test_a_stage_begins_alike_in_a_process_that_did_not_train_the_one_before(
    trained, colour_data, tmp_path
):
    run = Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    shutil.rmtree(run.stage("gan"))
    process = child(tiny(), colour_data, run)
    assert process.wait() == 0, process.stderr.read()
    assert_same_state(run, trained)


def test_sigterm_saves_within_an_interval_and_resumes_bit_equal(trained, colour_data, tmp_path):
    run = Run(tmp_path / "run")
    process = child(tiny(), colour_data, run)
    wait_for(lambda: list(run.stage("gan").glob("checkpoints/ckpt-*.npz")), process)
    process.terminate()
    _, message = process.communicate()
    assert process.returncode != 0
    assert message.index("Stopping after the steps at hand") < message.index("Stopped at step")
    fit(tiny(), colour_data, run)
    assert_same_state(run, trained)


def test_a_non_finite_term_stops_at_the_last_good_checkpoint(colour_data, tmp_path):
    from keras_t2i.training.errors import NonFiniteLoss

    run = Run(tmp_path / "run")
    with pytest.raises(NonFiniteLoss, match=r"not finite at step \d+"):
        fit(tiny(generator_learning_rate=1e38), colour_data, run)
    for value in checkpoint_values(run, "encoder").values():
        if value.dtype.kind == "f":
            assert np.isfinite(value).all()
    if list(run.stage("gan").glob("checkpoints/ckpt-*.npz")):
        values = checkpoint_values(run, "gan").values()
        assert all(np.isfinite(v).all() for v in values if v.dtype.kind == "f")


@pytest.mark.slow
def test_word_pieces_train_draw_and_export(colour_data, tmp_path):
    from keras_t2i.commands.export import export
    from keras_t2i.text.specs import WordPieces

    experiment = tiny(pairs=16)
    encoder = replace(experiment.encoder, tokenizer=WordPieces(12, 60), epochs=1)
    run = Run(tmp_path / "pieces")
    fit(replace(experiment, encoder=encoder), colour_data, run)
    sampler = run.experiment.task(run, run.data).sampler
    captions = ["a reddish picture", "blueness"]  # spelled in pieces; words would be unknown
    drawn = sampler.sample(sampler.encode(captions), [1, 1])
    model = tf.saved_model.load(str(export(run, tmp_path / "model")))
    answer = model.signatures["generate"](
        caption=tf.constant(captions),
        seed=tf.constant([1, 1], tf.int64),
        truncation=tf.ones(2),
    )
    served = np.stack([tf.io.decode_png(png).numpy() for png in answer["image_bytes"]])
    assert np.abs(served.astype(int) - drawn.astype(int)).max() <= 3


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_told_and_what_is_saved_stays(colour_data, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], check=False
    ).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        words = [sys.executable, "-m", "keras_t2i.fit", "self-attention-gan-demo"]
        words += ["--data", str(colour_data), "--run", str(disk / "run"), "--encoder.epochs", "1"]
        words += ["--gan.generator-channels", "8", "8", "8"]  # for data of 16 pixels
        words += ["--gan.discriminator-channels", "8", "8"]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert "the disk is full" in ended.stderr
        assert "Traceback" not in ended.stderr
    finally:
        subprocess.run(["umount", str(disk)], check=True)
