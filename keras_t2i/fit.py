"""`python -m keras_t2i.fit`: train every stage of a preset, or go on where it stopped."""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro

from keras_t2i.components.bounds import check_numbers
from keras_t2i.metrics.subject import EncodesText
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.opening import open_classifier, subject_of
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow, tf
from keras_t2i.presets import DEFAULT, PRESETS, preset
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.reuse import reusable, take_stages
from keras_t2i.training.run import Run, read_json, write_json

_DRAWN = Path("data")


@dataclass(frozen=True)
class Options:
    """Where things lie.

    Args:
        data: A folder that `python -m pipelines.prepare` wrote; by default own ones are drawn.
        run: The run folder; by default runs/PRESET.
        reuse: A run from which finished stages are taken that are the same here.
        export: Folder for the finished model; by default saved_models/RUN.
        watch: Scores while the last stage trains.
    """

    data: Path | None = None
    run: Path | None = None
    reuse: Path | None = None
    export: Path | None = None
    watch: EvalSchedule = field(default_factory=EvalSchedule)


def main() -> None:
    """Parse the command line, train, export, and say what to do next."""
    experiment, options = parse(sys.argv[1:])
    run = Run(options.run or Path("runs") / experiment.name)
    load_tensorflow()
    if options.data and not experiment.needs_data:
        raise InputError(f"--data: {experiment.name} takes no data; it draws its own points.")
    data = options.data or (drawn(experiment) if experiment.needs_data else None)
    from keras_t2i.training.callbacks.non_finite import NonFiniteLoss
    from keras_t2i.training.loop import Interrupted

    try:
        fit(experiment, data, run, Run(options.reuse) if options.reuse else None, options.watch)
    except Interrupted as stop:
        print(f"{stop} The same command goes on from there.", file=sys.stderr)
        sys.exit(128 + stop.signal)
    except NonFiniteLoss as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    _finish(run, options.export or Path("saved_models") / run.path.resolve().name)


def parse(words: list[str]) -> tuple[Experiment, Options]:
    """The experiment and the options of a command line: [PRESET] [options] [overrides]."""
    named = bool(words) and not words[0].startswith("-")
    chosen = preset(words[0] if named else DEFAULT)
    kind = Annotated[type(chosen), tyro.conf.arg(name="")]

    def command(experiment: kind, options: Annotated[Options, tyro.conf.arg(name="")]) -> Any:
        return experiment, options

    command.__annotations__["experiment"] = kind
    command.__defaults__ = (chosen, Options())
    return tyro.cli(
        command,
        args=words[1:] if named else words,
        prog="python -m keras_t2i.fit [PRESET]",
        description="Train every stage of a preset; the same command goes on where it stopped.\n\n"
        f"PRESET is one of {', '.join(PRESETS)}; by default {DEFAULT}. These are the options of "
        f"{chosen.name}.",
        config=(tyro.conf.AvoidSubcommands,),
    )


def fit(
    experiment: Experiment,
    data: Path | None,
    run: Run,
    reuse: Run | None = None,
    watch: EvalSchedule | None = None,
) -> None:
    """Train the stages of an experiment that are not finished yet.

    Args:
        experiment: What to train.
        data: A prepared data set, if the experiment needs one.
        run: Where it goes; a run of the same experiment goes on.
        reuse: A run to take finished stages from.
        watch: Scores while the last stage trains.

    Raises:
        InputError: A number that means nothing, or the data or the run folder do not fit the
            experiment.
    """
    from keras_t2i.pipelines.records import DatasetInfo

    check_numbers(experiment)
    info = DatasetInfo.load(data) if data else None
    if info:
        info.require(data, experiment.data_kind)
    stages = reusable(experiment, info, reuse) if reuse else []
    run.open(experiment, info, data)
    if reuse:
        take_stages(stages, reuse, run)
    if experiment.deterministic:
        tf.config.experimental.enable_op_determinism()
    from keras_t2i.training.hardware import strategy
    from keras_t2i.training.loop import train

    task = experiment.task(run, data)
    # What cannot be used shall be known before hours of training.
    real = watch.reference(data, open_classifier) if watch and watch.every else None
    for stage in experiment.stages:
        summary = run.summary(stage.name)
        if summary is None:
            with strategy().scope():
                training = stage.build(task)
                if real and stage is experiment.stages[-1]:
                    epoch_steps = len(task.split.images) // training.rows_per_step
                    training.callbacks.append(
                        watch.watcher(
                            real,
                            subject_of=partial(subject_of, task),
                            run=run,
                            stage=stage.name,
                            epoch_steps=epoch_steps,
                            steps=training.steps,
                            encode=task.encode if isinstance(task, EncodesText) else None,
                        )
                    )
                summary = train(stage.name, training, run)
        print(f"{stage.name}: " + ", ".join(f"{k} {v}" for k, v in summary.items()))


def drawn(experiment: Experiment) -> Path:
    """The embedded data of the experiment's kind, drawn at the first use."""
    source = experiment.embedded_source()
    folder = _DRAWN / source.name
    if not (folder / "dataset.json").exists():
        print(f"No --data: drawing {source.name} to {folder} …", file=sys.stderr)
        experiment.write_embedded(folder)
    return folder


def _finish(run: Run, models: Path) -> None:
    """Export the run unless its last state is exported already, and tell where everything is."""
    from keras_t2i.export import export

    note = run.path / "export.json"
    if not note.exists() or not Path(read_json(note)["version"]).exists():
        write_json(note, {"version": str(export(run, models).resolve())})
    version = Path(read_json(note)["version"])
    task = run.experiment.task(run, run.data)
    drawn_last = run.summary(run.experiment.stages[-1].name).get("samples")
    print(f"\nrun             {run.path}")
    if drawn_last:
        print(f"sample grid     {run.path / drawn_last}")
    print(f"exported model  {version}\n\nNext:")
    if task.example:
        print(f"  python -m keras_t2i.generate {run.path} {task.example}")
    print(
        f"""  tensorboard --logdir {run.path / "tensorboard"}
  python -m serving --rest_api_port=8501 --model_name={version.parent.name} \\
      --model_base_path={version.parent}"""
    )


if __name__ == "__main__":
    run_command(main)
