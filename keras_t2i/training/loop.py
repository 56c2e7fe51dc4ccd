"""Training one stage: restore, train, checkpoint, finish."""

import signal
import sys
import time
from shlex import quote
from typing import Any

import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training import checkpoint
from keras_t2i.training.callbacks.progress import Progress
from keras_t2i.training.callbacks.scalars import Scalars
from keras_t2i.training.checkpoints import Checkpoints
from keras_t2i.training.cluster import agreed
from keras_t2i.training.duration import Duration
from keras_t2i.training.errors import Interrupted, NonFiniteLoss
from keras_t2i.training.hardware import described, hardware_of
from keras_t2i.training.interrupts import Interrupts
from keras_t2i.training.intervals import train_intervals
from keras_t2i.training.logs import forget_after
from keras_t2i.training.memory import peak_memory
from keras_t2i.training.plan import keep_plan
from keras_t2i.training.run import ORIGIN, Run, read_note
from keras_t2i.training.stage import Training


def train(
    name: str, training: Training, run: Run, option: str = "", length: str | None = None
) -> dict[str, Any]:
    """Run a stage to its end, from its last checkpoint if it has one.

    Args:
        name: The stage's name.
        training: The stage, built.
        run: The run that keeps it.
        option: The stage's options on the command line, such as `gan.first`; by default its name.
        length: Name of the option among them that says how long the stage is, if there is one.

    Returns:
        The stage's summary, which the run folder keeps.

    Raises:
        Interrupted: After SIGINT, SIGTERM, SIGHUP or SIGALRM, with the state saved.
        NonFiniteLoss: A term is no longer finite; the last good checkpoint stays.
    """
    model = training.model
    minutes = training.checkpoint_minutes
    checkpoints = Checkpoints(model, run.stage(name), minutes, run.send_if_possible)
    step = checkpoints.restore()
    if (origin := read_note(run.path / ORIGIN).get("step")) == step and step >= training.steps:
        raise InputError(
            f"The state of step {origin} is as long as the whole training would be "
            f"({training.steps} steps): raise --{option or name}.{length or '…'}."
        )
    forget_after(run, name, step)
    tell_hardware(name, training, run, step)
    keep_plan(run, name, training.steps)
    interrupts = Interrupts()
    progress = Progress(name, training.steps, training.rows_per_step)
    scalars = Scalars(run.logs(name), training.rows_per_step)
    started = time.perf_counter()
    with interrupts, progress:
        try:
            train_intervals(
                training,
                [progress, scalars, *training.callbacks],
                [progress, Duration(name, training.steps, step)],
                asked_to_stop=lambda: interrupts.asked is not None,
                checkpoints=checkpoints,
            )
        except NonFiniteLoss as error:
            advice = after_non_finite(run, name, option or name)
            raise NonFiniteLoss(f"{error} {advice}") from None
    checkpoints.save()
    if any(agreed(interrupts.asked is not None)):
        stopped = f"Stopped at step {int(model.step.numpy())} of stage `{name}`, saved."
        raise Interrupted(stopped, interrupts.asked or signal.SIGTERM)
    summary = {
        "steps": int(model.step.numpy()),
        "rows": int(model.step.numpy()) * training.rows_per_step,
        "seconds_since_last_start": round(time.perf_counter() - started, 1),
        "rows_per_second": progress.speed,
        "peak_memory_gib": peak_memory(),
        **training.finish(),
    }
    write_json(run.stage(name) / "summary.json", summary)
    return summary


def tell_hardware(name: str, training: Training, run: Run, step: int) -> None:
    """Say what a stage runs on: on stderr, in the run's hardware.json, in TensorBoard.

    Where a stage goes on with other hardware, a line says so: precision `auto`, above all, is
    chosen anew at each start.
    """
    hardware = hardware_of(training.model)
    print(f"{name}: {described(hardware)}", file=sys.stderr)
    file = run.path / "hardware.json"
    held = read_note(file)
    before = held.get(name)
    if not isinstance(before, dict) or before.keys() != hardware.keys():
        before = hardware  # nothing is known
    if step and before != hardware:
        print(
            f"WARNING: {name} was trained up to step {step} on: {described(before)}. Its numbers "
            "will differ in their last digits from those of one machine.",
            file=sys.stderr,
        )
    write_json(file, {**held, name: hardware})
    writer = tf.summary.create_file_writer(str(run.logs(name)), filename_suffix=".hardware")
    with writer.as_default(step):
        tf.summary.text("hardware", described(hardware))
    writer.close()


def after_non_finite(run: Run, stage: str, option: str) -> str:
    """Advice after a loss that is no number: a state to go on from, as far as there is one."""
    kept = checkpoint.steps(run.stage(stage) / "checkpoints")
    changed = (
        "with a smaller learning rate or another precision "
        f"(options --{option}.…; `--help` lists them)"
    )
    if kept and stage == run.experiment.stages[-1].name:
        state = quote(f"{run.path}@{kept[0]}")
        known = ", ".join(map(str, kept))
        return (
            f"Go on from a kept state in another --run folder, {changed}: --from {state} "
            f"(kept steps: {known})."
        )
    return f"Start anew in another --run folder, {changed}."
