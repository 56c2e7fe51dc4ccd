"""`deliver`: prepare, fit, evaluate and push in one command, which resumes."""

import hashlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.catalogue import DEFAULT
from keras_t2i.commands import fit, push
from keras_t2i.commands.imports import without_imports
from keras_t2i.commands.measured import measured
from keras_t2i.delivery.blessing import Refused
from keras_t2i.metrics.results_log import Line
from keras_t2i.pipelines import prepare as preparing
from keras_t2i.pipelines.data_folder import open_split
from keras_t2i.pipelines.dataset_info import INFO_FILE, DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run

STEPS = ("prepare", "fit", "evaluate", "push")
_OPTIONS = tuple(f"--{step}" for step in STEPS)
_DIGITS = 8  # of a digest in a folder's name


@dataclass(frozen=True)
class Arguments:
    """Prepare data, train, evaluate, and publish the model if it is as good as what is served.

    The same command goes on where it stopped: what is there already and whole is not made again.
    The data lie in data/NAME-DIGEST and the run in runs/NAME-DIGEST, whose digests stand for all
    that they are made of; so other words, or other data, make new ones. The versions lie in
    saved_models/NAME.

    Args:
        name: Name of the model.
        prepare: Words of `prepare`, without --out: a source and its options.
        fit: Words of `fit`, without --data, --run and --export: a preset and its options.
        evaluate: Words of `push` that say how a model is evaluated, such as "--count 500".
        push: Further words of `push`, such as "--tolerance 0.02".
    """

    name: Annotated[str, tyro.conf.Positional]
    prepare: str = "birds"
    fit: str = DEFAULT
    evaluate: str = ""
    push: str = ""


def main() -> None:
    """Parse the command line and go through the steps."""
    words = list(_with_values(without_imports(sys.argv[1:])))
    arguments = tyro.cli(Arguments, args=words, prog="python -m keras_t2i.deliver")
    try:
        print(deliver(arguments))
    except Refused as refusal:
        push.end(refusal)


def _with_values(words: list[str]) -> Iterator[str]:
    """The words, each option of a step with its value, which itself may begin with a dash."""
    rest = iter(words)
    for word in rest:
        value = next(rest, None) if word in _OPTIONS else None
        yield word if value is None else f"{word}={value}"


def deliver(arguments: Arguments) -> Path:
    """Go through the steps; returns the folder of the version that is served at the end.

    Raises:
        InputError: Words that a step does not take, which is seen before the first one begins.
        Refused: The model is not published.
    """
    name = arguments.name
    if not name or Path(name).name != name:
        raise InputError(f"The name must be that of a folder, without slashes. Received: {name!r}.")
    for step in STEPS:
        _split(getattr(arguments, step), f"--{step}")
    publishing = pushing(f"{arguments.evaluate} {arguments.push}", Path("saved_models") / name)
    push.check(publishing)
    preparing.parsed([*_split(arguments.prepare), "--out", "data"])
    _require_scored(arguments.fit)

    data = Path("data") / f"{name}-{_digest(arguments.prepare)}"
    _tell("prepare", data)
    checksum = prepared(arguments.prepare, data).checksum
    run = Path("runs") / f"{name}-{_digest(arguments.fit, checksum)}"
    _tell("fit", run)
    trained(arguments.fit, data, run)
    _tell("evaluate", run / "evaluation")
    publishing = replace(publishing, run=run, data=data)
    evaluated(publishing)
    _tell("push", publishing.to)
    return push.push(publishing)


def prepared(words: str, out: Path) -> DatasetInfo:
    """Data of a source; made unless they are there, with the checksums of all their files.

    Args:
        words: Words of `prepare`, without --out.
        out: Folder of the data.

    Raises:
        InputError: Words that `prepare` does not take, or a source that cannot be read.
    """
    if not (out / INFO_FILE).exists() or not _is_whole(out):
        source, options = preparing.parsed([*_split(words), "--out", str(out)])
        preparing.prepare(source, **{**asdict(options), "overwrite": True})
    return DatasetInfo.load(out)


def trained(words: str, data: Path, run: Path) -> None:
    """Train every stage of a run that is not finished; a damaged one is found and trained again.

    Args:
        words: Words of `fit`, without --data, --run and --export.
        data: Folder of the data.
        run: Run folder.

    Raises:
        InputError: Words that `fit` does not take, or data that do not fit the preset.
    """
    experiment, options, start = fit.parse(_split(words))
    fit.trained(experiment, replace(options, data=data, run=run), start)


def evaluated(publishing: push.Arguments) -> list[Line]:
    """Scores of a run by the protocol of its push; computed unless they are there.

    Args:
        publishing: Arguments of the push; its `scores` is the folder that they are added to.

    Raises:
        InputError: The run or its data cannot be evaluated so.
    """
    return list(measured(push.evaluation_of(publishing)).values())


def pushing(words: str, to: Path) -> push.Arguments:
    """Arguments of a push, whose run is not known yet.

    Args:
        words: Words of `push`, without the run, --data and --to.
        to: Folder of the model's versions.
    """
    given = ["--to", str(to), *_split(words)]
    found = tyro.cli(push.Arguments, args=given, prog="python -m keras_t2i.push")
    if found.rollback or found.run or found.data:
        raise InputError(f"Words of push here take no run, --data or --rollback: {words.strip()}.")
    return found


def _require_scored(words: str) -> None:
    """Refuse a preset whose pictures no score could compare, before hours of training."""
    experiment, _, _ = fit.parse(_split(words))
    if not experiment.needs_data:
        raise InputError(f"--fit: {experiment.name} takes no data; it draws its points itself.")
    task = experiment.task(Run(Path("runs") / experiment.name))
    if not task.scored:
        task.subject()  # raises, and says why


def _split(words: str, option: str = "") -> list[str]:
    """Words as a shell takes them apart.

    Raises:
        InputError: A quotation that is left open.
    """
    try:
        return shlex.split(words)
    except ValueError as error:
        raise InputError(f"{option}: {error}. Received: {words!r}.") from error


def _is_whole(data: Path) -> bool:
    """Whether all files of a data set are what was written."""
    try:
        info = DatasetInfo.load(data)
        for split in info.splits:
            open_split(data, split, info.kind)
    except InputError as error:
        print(f"{error} It is made again.", file=sys.stderr)
        return False
    return True


def _digest(*parts: str) -> str:
    """First digits of a digest of words, whose spacing and quotes do not count."""
    told = "\0".join(shlex.join(shlex.split(part)) for part in parts)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]


def _tell(step: str, place: Path) -> None:
    print(f"\n== {step}: {place}", file=sys.stderr)
