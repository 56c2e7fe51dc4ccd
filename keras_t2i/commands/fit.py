"""`fit`: train every stage of a preset, or go on where it stopped."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from keras_t2i import api
from keras_t2i.catalogue import DEFAULT, PRESETS
from keras_t2i.commands.added_components import with_added
from keras_t2i.commands.imports import without_imports
from keras_t2i.commands.preset_list import listed
from keras_t2i.exporting.sent import models_at
from keras_t2i.exporting.version import check_folder
from keras_t2i.hub import named
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.remote.address import address_of, is_address
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.training.cluster import is_chief
from keras_t2i.training.errors import Interrupted, NonFiniteLoss
from keras_t2i.training.run import read_note

if TYPE_CHECKING:
    from keras_t2i.tasks.base.task import Task


@dataclass(frozen=True)
class Options:
    """Folders of data, run and model, and the scores in training.

    Args:
        data: Folder that `keras-t2i prepare` wrote, or its address, such as gs://bucket/data/birds;
            by default the project's drawn data are made.
        run: Run folder, or its address; by default runs/PRESET.
        reuse: Run whose finished stages are taken, where they are the same here.
        branch: RUN, RUN@STEP or RUN@best: a kept state that a new run goes on from, with other
            rates, losses or precision.
        stop_after: Time such as 90s, 30m or 2h after which the training stops, saved, with the exit
            code 142.
        export: Folder for the finished model, or its address; by default saved_models/RUN.
        watch: Scores that are taken while the last stage trains.
    """

    data: Path | None = None
    run: Path | None = None
    reuse: Path | None = None
    branch: Annotated[str | None, tyro.conf.arg(name="from")] = None
    stop_after: str | None = None
    export: Path | None = None
    watch: EvalSchedule = field(default_factory=EvalSchedule)


def main() -> None:
    """Parse the command line, train, export, and say what to do next."""
    words = without_imports(sys.argv[1:])
    if "--list" in words:
        print(listed())
        return
    experiment, options, start = parse(words)
    # A place that cannot be written shall be known before hours of training.
    run = options.run or Path("runs") / experiment.name
    models = options.export or Path("saved_models") / run.resolve().name
    check_folder(models, "--export")
    task = trained(experiment, options, start)
    if is_chief():
        finish(task, models)


def trained(experiment: TaskExperiment, options: Options, start: Path | None) -> "Task":
    """Train as a command line asks (`parse`); ends the process where the training ends early."""
    try:
        return api.fit(
            experiment, options.data, options.run,
            reuse=options.reuse, watch=options.watch, start=start,
            branch=options.branch, stop_after=options.stop_after,
        )  # fmt: skip
    except Interrupted as stop:
        print(f"{stop} The same command goes on from there.", file=sys.stderr)
        sys.exit(128 + stop.signal)
    except NonFiniteLoss as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def parse(words: list[str]) -> tuple[TaskExperiment, Options, Path | None]:
    """The experiment and the options of a command line, and the model that it starts from.

    Args:
        words: [PRESET or MODEL] [options] [overrides].
    """
    chooses = bool(words) and not words[0].startswith("-")
    chosen, start = api.named(words[0] if chooses else DEFAULT)
    chosen = with_added(chosen, words)
    kind: Any = Annotated[type(chosen), tyro.conf.arg(name="")]  # type: ignore[valid-type]

    def command(experiment: Any, options: Annotated[Options, tyro.conf.arg(name="")]) -> Any:
        return experiment, options

    command.__annotations__["experiment"] = kind
    command.__defaults__ = (chosen, Options())
    experiment, options = tyro.cli(
        command,
        args=words[1:] if chooses else words,
        prog="python -m keras_t2i.fit [PRESET]",
        description="Train every stage of a preset; the same command goes on where it stopped.\n\n"
        f"PRESET is one of {', '.join(PRESETS)}; by default {DEFAULT}. A pretrained model or a run "
        f"in its place is what a new run starts from. These are the options of {chosen.name}. "
        "`--list` says what each preset is. `--import FILE_OR_MODULE` brings components and "
        "presets of your own.",
        config=(tyro.conf.AvoidSubcommands,),
    )
    return experiment, options, start


def finish(task: "Task", models: Path) -> None:
    """Export a run unless its last state is exported there already, and tell where things are.

    Args:
        task: The run, trained.
        models: Folder of the model's versions, or its address.
    """
    run = task.run
    with models_at(models) as folder:
        version = exported(task, folder)
    run.send()
    place = f"{address_of(models)}/{version.name}" if is_address(models) else str(version)
    drawn_last = (run.summary(task.experiment.stages[-1].name) or {}).get("samples")
    print(f"\nrun             {run.where}")
    if drawn_last:
        print(f"sample grid     {run.path / drawn_last}")
    print(f"exported model  {place}\n\nNext:")
    if task.example:
        print(f"  python -m keras_t2i.generate {quote(run.where)} {task.example}")
    print(
        f"""  tensorboard --logdir {quote(str(run.path / "tensorboard"))}
  python -m keras_t2i.serving --rest_api_port=8501 --model_name={quote(version.parent.name)} \\
      --model_base_path={quote(str(version.parent))}

Pretrained models, in the run's place of `generate`, `evaluate` and `export`:
  {", ".join(named.names())}"""
    )


def exported(task: "Task", models: Path) -> Path:
    """The version of a finished run in a folder of models; written if it is not there yet.

    Its place is noted before it is written, so that a kill right after it does not lead to two.
    """
    from keras_t2i.exporting.model_card import is_of
    from keras_t2i.exporting.version import next_version

    note = task.run.path / "export.json"
    held = Path(str(read_note(note).get("version", "")))
    if held.parent == models.resolve() and is_of(task.run, held):
        return held
    write_json(note, {"version": str(next_version(models.resolve()))})
    version = task.export(models).resolve()
    write_json(note, {"version": str(version)})
    return version
