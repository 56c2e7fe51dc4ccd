"""`python -m keras_t2i.evaluate`: how good a run's, a model's or anybody's pictures are."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import Progress

from keras_t2i.metrics.extractors.download import cache_folder
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.training.run import Run


@dataclass(frozen=True)
class Arguments:
    """Score pictures against real ones.

    Args:
        subject: A run, a SavedModel with the signature `generate`, or a folder of pictures.
        data: Prepared data; by default those that the run was trained on.
        protocol: Scores to compute: frechet, kernel, inception-score, manifold, copies, diversity,
            nearest, r-precision, conditions; by default all that can be computed.
        extractor: The network that sees the pictures: a file, a SavedModel, a run, or `random`; by
            default the canonical Inception, if it was fetched.
        extractor_range: What black and white are to a network of floats, such as -1 1.
        judge: A run that reads labels, for `conditions`; by default the extractor if it is one.
        split: Of the unseen real pictures, and of what is asked for.
        count: Pictures drawn.
        seed: Of every random choice.
        bootstrap: Draws for confidence intervals; 0 for none.
        baselines: Score real pictures and noise as well, to place the figures.
        best: Judge the run's best state that `fit --watch.every` kept, not its last.
        out: For metrics.jsonl and report.html; by default in the run, else evaluation/NAME.
        cache: For features of real pictures; by default KERAS_T2I_CACHE or ~/.cache/keras-t2i.
        skip_broken: Leave out files of a folder that are no pictures.
    """

    subject: Annotated[Path, tyro.conf.Positional]
    data: Path | None = None
    protocol: tuple[str, ...] = ()
    extractor: str | None = None
    extractor_range: tuple[float, float] | None = None
    judge: Path | None = None
    split: str = "test"
    count: int = 1000
    seed: int = 0
    bootstrap: int = 0
    baselines: bool = False
    best: bool = False
    out: Path | None = None
    cache: Path | None = None
    skip_broken: bool = False


def main() -> None:
    """Parse the command line, score, and write the report."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.evaluate")
    out = evaluate(arguments)
    print(f"metrics  {out / 'metrics.jsonl'}\nreport   {out / 'report.html'}")


def evaluate(arguments: Arguments) -> Path:
    """Score, print the table, append to metrics.jsonl, write the report; returns its folder.

    Raises:
        InputError: The subject, the data, the extractor or a protocol's name cannot be used.
    """
    if arguments.count < 2 or arguments.bootstrap < 0:
        raise InputError("--count must be at least 2, and --bootstrap at least 0.")
    load_tensorflow()
    from keras_t2i.metrics import results_log
    from keras_t2i.metrics.collect import collect
    from keras_t2i.metrics.features import FeatureStore
    from keras_t2i.metrics.report import write_report
    from keras_t2i.metrics.scoring import baselines, protocols_named, scores_of

    protocols = protocols_named(arguments.protocol)
    store = FeatureStore((arguments.cache or cache_folder()) / "features")
    inputs = collect(arguments, store)
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        tasks = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        store.advance = advance
        scored = scores_of(inputs, protocols, required=bool(arguments.protocol))
        judged = list(scored)
        for other, some in baselines(inputs, protocols) if arguments.baselines else ():
            scored += scores_of(other, some)
    out = _folder(arguments)
    results_log.append(out, scored, inputs)
    if inputs.fake.step is not None:
        logs = Run(arguments.subject).logs("evaluation")
        results_log.to_tensorboard(logs, judged, inputs.fake.step)
    results_log.show(scored)
    for note in dict.fromkeys(inputs.notes):
        print(note, file=sys.stderr)
    write_report(out, inputs, scored)
    store.forget(inputs.fake)
    return out


def _folder(arguments: Arguments) -> Path:
    if arguments.out is not None:
        return arguments.out
    if (arguments.subject / "experiment.json").exists():
        return arguments.subject / "evaluation"
    return Path("evaluation") / arguments.subject.resolve().name


if __name__ == "__main__":
    run_command(main)
