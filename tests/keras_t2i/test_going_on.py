"""Runs that go on: longer, from a kept state, after a signal, by one writer at a time."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras_t2i
from keras_t2i.adversarial.penalties import R1
from keras_t2i.catalogue import PRESETS
from keras_t2i.components.values import to_json
from keras_t2i.pipelines.arrays import read_arrays
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.frozen_encoder_stage import FrozenEncoderStage
from keras_t2i.training import checkpoint
from keras_t2i.training.branching import Branch
from keras_t2i.training.deadline import seconds_of
from keras_t2i.training.errors import Interrupted, NonFiniteLoss
from keras_t2i.training.interrupts import Interrupts
from keras_t2i.training.logs import forget_after
from keras_t2i.training.run import LOCK, Run, read_json
from keras_t2i.training.writer import only_writer
from tests.keras_t2i.test_points import tiny
from tests.runs import assert_same_state, checkpoint_values, wait_for

NAME = "wgan-gp-8-gaussians"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of 12 steps in intervals of 3."""
    path = tmp_path_factory.mktemp("going on") / "run"
    keras_t2i.fit(tiny(NAME), run=path)
    return Run(path)


def copied(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "copy")
    return Run(tmp_path / "copy")


def steps_logged(run):
    return [json.loads(line)["step"] for line in (run.logs("gan") / "log.jsonl").open()]


def steps_shown(run, tag="answer/real"):
    shown = EventAccumulator(str(run.logs("gan")), size_guidance={"tensors": 0})
    shown.Reload()
    return [event.step for event in shown.Tensors(tag)]


@pytest.mark.parametrize("name", PRESETS)
def test_each_stage_names_what_its_length_is(name):
    for stage in keras_t2i.preset(name).stages:
        if isinstance(stage, FrozenEncoderStage):
            assert stage.length is None  # it trains nothing
        else:
            assert isinstance(getattr(stage, stage.length), int)


def test_a_finished_run_goes_on_to_what_a_longer_one_reaches(finished, tmp_path, capsys):
    longer = copied(finished, tmp_path)
    keras_t2i.fit(tiny(NAME, steps=20), run=longer.path)
    assert "goes on with gan.steps: 12 -> 20" in capsys.readouterr().out
    assert longer.summary("gan")["steps"] == 20
    assert longer.experiment.gan.steps == 20
    keras_t2i.fit(tiny(NAME, steps=20), run=tmp_path / "at once")
    assert_same_state(longer, Run(tmp_path / "at once"))
    assert steps_logged(longer) == steps_logged(Run(tmp_path / "at once"))


@pytest.mark.parametrize("steps", [9, 15])
def test_an_unfinished_run_ends_sooner_or_later(steps, finished, tmp_path, capsys):
    run, at_once = copied(finished, tmp_path), Run(tmp_path / "at once")
    stopped(run, 6)
    keras_t2i.fit(tiny(NAME, steps), run=run.path)
    assert f"goes on with gan.steps: 12 -> {steps}" in capsys.readouterr().out
    assert run.summary("gan")["steps"] == steps
    keras_t2i.fit(tiny(NAME, steps), run=at_once.path)
    assert_same_state(run, at_once)


def test_an_unfinished_run_that_is_long_enough_ends_where_it_is(finished, tmp_path):
    run = copied(finished, tmp_path)
    stopped(run, 9)
    keras_t2i.fit(tiny(NAME, 3), run=run.path)
    assert run.summary("gan")["steps"] == 9
    assert_equal(checkpoint_values_at(finished, 9), checkpoint_values(run, "gan"))


def stopped(run, step):
    """Make of a finished run one that was stopped at a step."""
    (run.stage("gan") / "summary.json").unlink()
    folder = run.stage("gan") / "checkpoints"
    for later in checkpoint.steps(folder):
        if later > step:
            checkpoint.file_of(folder, later).unlink()


def test_a_shorter_or_otherwise_changed_one_is_refused(finished):
    with pytest.raises(InputError, match=r"gan\.steps: 12 -> 9"):
        keras_t2i.fit(tiny(NAME, steps=9), run=finished.path)
    changed = tiny(NAME, steps=20)
    changed = replace(changed, gan=replace(changed.gan, noise_dim=5))
    with pytest.raises(InputError, match=r"(?s)noise_dim: 4 -> 5.*--from .*run' and another --run"):
        keras_t2i.fit(changed, run=finished.path)
    assert finished.summary("gan")["steps"] == 12


def slower(steps=12):
    experiment = tiny(NAME, steps)
    optimizer = replace(experiment.gan.critic_optimizer, rate=1e-6)
    return replace(experiment, gan=replace(experiment.gan, critic_optimizer=optimizer))


def test_a_new_run_goes_on_from_a_kept_state_with_another_rate(finished, tmp_path):
    run = Run(tmp_path / "slower")
    keras_t2i.fit(slower(), run=run.path, branch=f"{finished.path}@9")
    assert run.summary("gan")["steps"] == 12
    assert steps_logged(run) == [12]
    assert read_json(run.path / "started_from.json")["step"] == 9
    assert run.experiment == slower()
    # Adam's step is the rate: the critic's weights of step 9 hardly moved.
    before = checkpoint_values_at(finished, 9)
    ours, theirs = checkpoint_values(run, "gan"), checkpoint_values(finished, "gan")
    moved = [
        name
        for name in before
        if before[name].dtype == np.float32 and np.ptp(theirs[name] - before[name]) > 1e-4
        and np.ptp(ours[name] - before[name]) < 1e-5
    ]  # fmt: skip
    assert moved
    state = checkpoint_values(run, "gan")
    keras_t2i.fit(slower(), run=run.path, branch=f"{finished.path}@9")  # again: nothing to do
    assert_equal(state, checkpoint_values(run, "gan"))


def test_a_branch_may_have_further_terms(finished, tmp_path):
    experiment = tiny(NAME, steps=15)
    terms = (*experiment.gan.critic_terms, R1())
    changed = replace(experiment, gan=replace(experiment.gan, critic_terms=terms))
    run = Run(tmp_path / "penalised")
    keras_t2i.fit(changed, run=run.path, branch=finished.path)
    assert run.summary("gan")["steps"] == 15


def checkpoint_values_at(run, step):
    return read_arrays(checkpoint.file_of(run.stage("gan") / "checkpoints", step))


def assert_equal(one, other):
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.slow
def test_a_branch_without_changes_ends_as_the_run_itself(finished, tmp_path):
    run = Run(tmp_path / "same")
    keras_t2i.fit(tiny(NAME), run=run.path, branch=f"{finished.path}@6")
    assert_same_state(run, finished)


@pytest.mark.slow
def test_a_branch_goes_on_where_the_other_run_is_gone_or_has_moved_on(finished, tmp_path):
    other, run = copied(finished, tmp_path), Run(tmp_path / "run")
    keras_t2i.fit(tiny(NAME, steps=15), run=run.path, branch=f"{other.path}@9")
    shutil.rmtree(other.path)
    keras_t2i.fit(tiny(NAME, steps=15), run=run.path, branch=f"{other.path}@9")
    with pytest.raises(InputError, match="started from 'copy@9', not from --from"):
        keras_t2i.fit(tiny(NAME, steps=15), run=run.path, branch=f"{finished.path}@9")


@pytest.mark.slow
def test_a_branch_that_was_killed_while_it_began_begins_again(finished, tmp_path):
    run = Run(tmp_path / "run")
    keras_t2i.fit(tiny(NAME), run=run.path, branch=f"{finished.path}@9")
    shutil.rmtree(run.stage("gan"))  # as after a kill between the note and the copy
    run.stage("gan").mkdir()
    keras_t2i.fit(tiny(NAME), run=run.path, branch=f"{finished.path}@9")
    assert_same_state(run, finished)


def test_a_branch_takes_the_newest_state_that_is_whole(finished, tmp_path):
    other, run = copied(finished, tmp_path), Run(tmp_path / "run")
    checkpoint.file_of(other.stage("gan") / "checkpoints", 12).write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"ckpt-12\.npz: damaged"):
        keras_t2i.fit(tiny(NAME), run=run.path, branch=f"{other.path}@12")
    keras_t2i.fit(tiny(NAME), run=run.path, branch=other.path)
    assert read_json(run.path / "started_from.json")["step"] == 9
    assert_same_state(run, finished)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        pytest.param({"noise_dim": 5}, "holds another network", marks=pytest.mark.slow),
        ({"steps": 12}, r"as long as the whole .* raise --gan\.steps"),
    ],
)
def test_what_cannot_go_on_leaves_nothing(changed, words, finished, tmp_path):
    run = Run(tmp_path / "run")
    experiment = tiny(NAME, steps=15)
    wrong = replace(experiment, gan=replace(experiment.gan, **changed))
    with pytest.raises(InputError, match=words):
        keras_t2i.fit(wrong, run=run.path, branch=finished.path)
    keras_t2i.fit(experiment, run=run.path, branch=finished.path)
    assert run.summary("gan")["steps"] == 15


@pytest.mark.slow
def test_the_end_of_a_finished_stage_is_trained_again_where_it_is_damaged(finished, tmp_path):
    run = copied(finished, tmp_path)
    checkpoint.file_of(run.stage("gan") / "checkpoints", 12).write_bytes(b"rubbish")
    keras_t2i.fit(tiny(NAME), run=run.path)
    assert_same_state(run, finished)


def test_a_stage_that_a_later_one_learned_from_must_be_whole(trained, colour_data, tmp_path):
    from tests.tiny_run import tiny as captions

    run = copied(trained, tmp_path)
    folder = run.stage("encoder") / "checkpoints"
    checkpoint.file_of(folder, checkpoint.steps(folder)[-1]).write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"damaged, and stage `gan` has learned from it"):
        keras_t2i.fit(captions(), data=colour_data, run=run.path)
    with pytest.raises(InputError, match="stage `encoder` ended at step"):
        keras_t2i.load(run.path).generate("this is red")


@pytest.mark.parametrize("text", ["[]", "5", '"s"', "", '{"gan": {}}'])
@pytest.mark.parametrize("name", ["hardware.json", "gan/plan.json", "writer.json"])
def test_notes_that_are_damaged_stop_nothing(name, text, finished, tmp_path):
    from keras_t2i.training.plan import unfinished
    from keras_t2i.training.run import read_note

    run = copied(finished, tmp_path)
    (run.path / name).write_text(text)
    assert isinstance(read_note(run.path / name), dict)
    (run.stage("gan") / "summary.json").unlink()
    assert "at step 12" in (unfinished(run, "gan", 12) or "")


@pytest.mark.parametrize("text", ["null", "[]", "5"])
def test_a_summary_or_data_that_are_no_object_are_named(text, finished, tmp_path):
    run = copied(finished, tmp_path)
    (run.stage("gan") / "summary.json").write_text(text)
    with pytest.raises(InputError, match=r"summary\.json: must be an object"):
        run.summary("gan")
    held = read_json(run.path / "experiment.json")
    (run.path / "experiment.json").write_text(json.dumps({**held, "data": json.loads(text)}))
    if text != "null":
        with pytest.raises(InputError, match="`data` must be an object"):
            run.experiment  # noqa: B018


@pytest.mark.parametrize(
    ("text", "experiment", "words"),
    [
        ("{}@7", tiny(NAME), r"keeps no checkpoint of 7. Kept steps: 6, 9, 12"),
        ("{}@best", tiny(NAME), "keeps no checkpoint of best. Kept steps: none"),
        ("{}@6", replace(tiny(NAME), name="dcgan-demo"), None),
        ("{}x@6", tiny(NAME), "not a run folder"),
        ("", tiny(NAME), "not a run folder"),
    ],
)
def test_states_that_are_not_there_are_refused(text, experiment, words, finished, tmp_path):
    branch = Branch.of(text.format(finished.path))
    run = Run(tmp_path / "new")
    if words is None:
        branch.check(experiment, None, run)  # the name alone is no other experiment
        return
    with pytest.raises(InputError, match=words):
        branch.check(experiment, None, run)
    assert not run.path.exists()


def test_a_run_cannot_branch_into_itself_nor_into_one_that_has_begun(finished, tmp_path):
    with pytest.raises(InputError, match="give the new run another folder"):
        Branch.of(str(finished.path)).check(tiny(NAME), None, finished)
    begun = copied(finished, tmp_path)
    with pytest.raises(InputError, match="has begun already"):
        Branch.of(str(finished.path)).check(tiny(NAME), None, begun)


def test_a_second_writer_is_refused_and_told_of_the_first(tmp_path):
    run = Run(tmp_path / "run")
    held, free = threading.Event(), threading.Event()

    def hold():
        with only_writer(run):
            held.set()
            free.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(20)
    try:
        with pytest.raises(InputError, match=rf"process {os.getpid()} on .* trains this run"):
            keras_t2i.fit(tiny(NAME), run=run.path)
    finally:
        free.set()
        other.join()
    with only_writer(run), pytest.raises(TimeoutError):
        FileLock(run.path / LOCK, timeout=0).acquire()


@pytest.mark.slow
def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path):
    run = Run(tmp_path / "run")
    program = f"""
import os, pathlib
from keras_t2i.training.run import Run
from keras_t2i.training.writer import only_writer
with only_writer(Run(pathlib.Path({str(run.path)!r}))):
    os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    subprocess.run([sys.executable, "-c", program], check=False, env={**os.environ})
    assert (run.path / "writer.json").exists()
    with only_writer(run):
        pass


_CHILD = """
import sys, json, signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
from pathlib import Path
import keras_t2i
from keras_t2i.components.values import from_json
from keras_t2i.training.errors import Interrupted
try:
    keras_t2i.fit(from_json(json.loads(sys.argv[1])), run=sys.argv[2])
except Interrupted as stop:
    sys.exit(128 + stop.signal)
"""


@pytest.mark.slow
def test_a_closed_terminal_saves_and_the_run_ends_bit_equal(tmp_path):
    experiment, run = tiny(NAME, steps=600), Run(tmp_path / "run")
    gan = replace(experiment.gan, checkpoint_minutes=5.0, interval=50, sample_every=600)
    experiment = replace(experiment, gan=gan)
    words = [sys.executable, "-c", _CHILD, json.dumps(to_json(experiment)), str(run.path)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    log = run.logs("gan") / "log.jsonl"
    wait_for(lambda: log.exists() and log.read_text(), process)
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 128 + signal.SIGHUP
    assert len(checkpoint.steps(run.stage("gan") / "checkpoints")) == 1
    keras_t2i.fit(experiment, run=run.path)
    keras_t2i.fit(experiment, run=tmp_path / "whole")
    assert_same_state(run, Run(tmp_path / "whole"))
    assert steps_logged(run) == list(range(50, 601, 50))


def test_nohup_stays_in_force():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) == interrupts._note
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_training_stops_after_the_time_that_it_is_given(tmp_path):
    experiment = tiny(NAME, steps=1_000_000)
    started = time.monotonic()
    with pytest.raises(Interrupted) as stopped:
        keras_t2i.fit(experiment, run=tmp_path / "run", stop_after="6s")
    assert stopped.value.signal == signal.SIGALRM
    assert time.monotonic() - started < 60
    (*_, last) = checkpoint.steps(tmp_path / "run" / "gan" / "checkpoints")
    assert f"step {last} of" in str(stopped.value)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_durations():
    assert [seconds_of(t) for t in ("90s", "30m", "2h", "1.5d")] == [90, 1800, 7200, 129600]
    for wrong in ("2", "h", "0s", "-1h", "2 weeks"):
        with pytest.raises(InputError, match="--stop-after must be"):
            seconds_of(wrong)


@pytest.mark.slow
def test_what_was_logged_after_the_state_stands_once(finished, tmp_path):
    run = copied(finished, tmp_path)
    (run.stage("gan") / "summary.json").unlink()
    checkpoint.file_of(run.stage("gan") / "checkpoints", 12).unlink()
    checkpoint.file_of(run.stage("gan") / "checkpoints", 9).unlink()
    with (run.logs("gan") / "log.jsonl").open("a") as log:
        log.write('5\n{"step": null}\n{"step": 15, "answ')  # rubbish, and what a kill has cut
    assert steps_shown(run) == [3, 6, 9, 12]
    keras_t2i.fit(tiny(NAME), run=run.path)
    assert steps_logged(run) == [3, 6, 9, 12]
    assert steps_shown(run) == [3, 6, 9, 12]
    assert_same_state(run, finished)


def test_tensorboard_forgets_steps_that_never_come_again(finished, tmp_path):
    run = copied(finished, tmp_path)
    forget_after(run, "gan", 6)
    assert steps_logged(run) == [3, 6]
    assert steps_shown(run) == [3, 6]


def test_watched_scores_after_the_state_stand_once(finished, tmp_path):
    run = copied(finished, tmp_path)
    scores = run.path / "evaluation" / "metrics.jsonl"
    scores.parent.mkdir()
    lines = [{"step": 3, "watched": True}, {"step": 9, "watched": True}, {"step": 9}]
    scores.write_text("".join(json.dumps(line) + "\n" for line in lines))
    forget_after(run, "gan", 6)
    assert [json.loads(line) for line in scores.open()] == [lines[0], lines[2]]


def test_going_on_with_other_hardware_is_told(finished, tmp_path, capsys):
    run = copied(finished, tmp_path)
    (run.stage("gan") / "summary.json").unlink()
    file = run.path / "hardware.json"
    held = read_json(file)
    held["gan"]["precision"] = "bfloat16"
    file.write_text(json.dumps(held))
    keras_t2i.fit(tiny(NAME), run=run.path)
    told = capsys.readouterr().err
    assert "WARNING: gan was trained up to step 12 on:" in told
    assert "bfloat16" in told
    assert read_json(file)["gan"]["precision"] == "float32"


@pytest.mark.slow
def test_the_advice_after_a_loss_that_is_no_number_can_be_followed(finished, tmp_path):
    experiment = tiny(NAME, steps=40)
    wild = replace(experiment.gan.critic_optimizer, rate=1e30)
    broken = replace(experiment, gan=replace(experiment.gan, critic_optimizer=wild))
    with pytest.raises(NonFiniteLoss, match="Start anew in another --run") as error:
        keras_t2i.fit(broken, run=tmp_path / "anew")
    assert "--from" not in str(error.value)  # there is nothing to go on from
    with pytest.raises(NonFiniteLoss, match=r"--from (\S*/kept@12) \(kept") as error:
        keras_t2i.fit(broken, run=tmp_path / "kept", branch=finished.path)
    state = str(error.value).rpartition("--from ")[2].partition(" (kept")[0]
    keras_t2i.fit(tiny(NAME, steps=15), run=tmp_path / "mended", branch=state)
    assert Run(tmp_path / "mended").summary("gan")["steps"] == 15
