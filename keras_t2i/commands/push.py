"""`push`: a run as the next served version, if its data and its scores allow it."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any, NoReturn

import tyro

from keras_t2i.commands import evaluate
from keras_t2i.commands.imports import without_imports
from keras_t2i.commands.measured import by_name, measured, served_scores, show, shown
from keras_t2i.components.bounds import check_numbers
from keras_t2i.delivery.blessing import Refused, Terms, limits_of, objections
from keras_t2i.delivery.drift import DriftLimits
from keras_t2i.delivery.publishing import only_publisher
from keras_t2i.delivery.versions import (
    FIELD,
    ROLLED_BACK,
    catch_up,
    fingerprint,
    now,
    roll_back,
    versions,
    withdrawal,
)
from keras_t2i.exporting import lineage
from keras_t2i.exporting.version import check_folder
from keras_t2i.metrics.extractors.finding import require_extractor
from keras_t2i.metrics.protocols import known_names, protocols_named
from keras_t2i.pipelines.dataset_info import INFO_FILE, DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.remote.address import is_address, named
from keras_t2i.pipelines.remote.data import located, origin
from keras_t2i.pipelines.remote.place import Place
from keras_t2i.training.run import Run

REFUSED = 3  # exit code


@dataclass(frozen=True)
class Evaluation:
    """Protocol by which the new model and the served one are evaluated.

    Args:
        extractor: Network that computes the features; see `evaluate --help`.
        extractor_range: Values of black and white for a network that takes floats, such as -1 1.
        judge: Run that reads labels, for `conditions`; by default the extractor if it is one.
        split: Split whose real pictures, captions and labels are used.
        count: Number of pictures to draw.
        seed: Seed of all random draws.
        cache: Folder for features of real pictures; by default KERAS_T2I_CACHE or
            ~/.cache/keras-t2i.
    """

    protocol: Annotated[
        tuple[str, ...],
        tyro.conf.arg(
            help="Scores that decide; each must be as good.", help_behavior_hint=known_names
        ),
    ] = ("frechet",)
    extractor: str | None = None
    extractor_range: tuple[float, float] | None = None
    judge: Path | None = None
    split: str = "test"
    count: int = 1000
    seed: int = 0
    cache: Path | None = None


@dataclass(frozen=True)
class Arguments:
    """Publish a run as the next version of a served model, if it is better or as good.

    The data are compared with those that the run learned from; the run and the served version are
    evaluated alike; a model that is refused is not exported (exit code 3). Every decision is added
    to lineage.jsonl in the folder of the versions.

    Args:
        run: Run folder or its address, or a pretrained model; none with --rollback.
        to: Folder of the model's versions, of which a server takes the highest, or its address,
            such as gs://bucket/models/birds.
        data: Folder of prepared data of today, or its address; by default the one that the run was
            trained on.
        evaluation: Protocol of the scores.
        tolerance: Share of the served model's score by which the new one's may be worse.
        at_most: Largest values of scores, such as frechet=40.
        at_least: Least values of scores, such as recall=0.3.
        drift: Distances in [0, 1] up to which data are the same.
        scores: Folder of scores that `evaluate` measured of the run; by default RUN/evaluation.
        best: Whether the best state that `fit --watch.every` kept is pushed, not the last.
        again: Whether weights that were rolled back may be published once more.
        rollback: Whether the served version is withdrawn: the one before it is published again.
    """

    run: Annotated[Path | None, tyro.conf.Positional] = None
    to: Path = field(kw_only=True)
    data: Path | None = None
    evaluation: Annotated[Evaluation, tyro.conf.arg(name="")] = field(default_factory=Evaluation)
    tolerance: float = 0.0
    at_most: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()
    drift: DriftLimits = field(default_factory=DriftLimits)
    scores: Path | None = None
    best: bool = False
    again: bool = False
    rollback: bool = False

    @property
    def terms(self) -> Terms:
        """Terms on which the model is blessed.

        Raises:
            InputError: A limit that is not NAME=NUMBER.
        """
        return Terms(
            self.tolerance,
            limits_of(self.at_most, "--at-most"),
            limits_of(self.at_least, "--at-least"),
        )


def main() -> None:
    """Parse the command line and push, or say why not."""
    words = without_imports(sys.argv[1:])
    arguments = tyro.cli(Arguments, args=words, prog="python -m keras_t2i.push")
    try:
        print(named(push(arguments)))
    except Refused as refusal:
        end(refusal)


def end(refusal: Refused) -> NoReturn:
    """End the process with a refusal."""
    print(f"refused: {refusal} Nothing was exported.", file=sys.stderr)
    sys.exit(REFUSED)


def push(arguments: Arguments) -> Path:
    """Publish a run, or roll back; returns the folder of the version that is served then.

    Raises:
        InputError: An option that cannot be used, or a run that is not trained far enough.
        Refused: The data have drifted, or the model is worse than the served one.
    """
    if arguments.rollback:
        return _roll_back(arguments)
    check_folder(arguments.to, "--to")
    check(arguments)
    asked = evaluation_of(arguments)
    with only_publisher(arguments.to) as models:
        catch_up(models)
        version = _publish(replace(arguments, to=models), asked)
    return arguments.to / version.name


def check(arguments: Arguments) -> None:
    """Refuse options that mean nothing, before a run is looked at.

    Raises:
        InputError: A protocol, extractor or judge that there is not, or a number out of its bounds.
    """
    evaluation = arguments.evaluation
    if not evaluation.protocol:
        raise InputError("--protocol must name a score at least.")
    protocols = protocols_named(evaluation.protocol)
    arguments.terms.check([name for each in protocols for name in each.score_names])
    check_numbers(arguments.drift, "drift")
    evaluate.check_numbers(evaluate.Arguments(Path(), **vars(evaluation)))
    require_extractor(evaluation.extractor)
    if evaluation.judge and not (evaluation.judge / "experiment.json").exists():
        raise InputError(f"--judge {evaluation.judge}: not a run (it has no experiment.json).")


def _roll_back(arguments: Arguments) -> Path:
    """Withdraw the served version; returns the folder of the one that is served then."""
    if arguments.run is not None:
        raise InputError("--rollback takes no run: it publishes the version of before again.")
    to = arguments.to
    if not (Place(to).files() if is_address(to) else to.is_dir()):
        raise InputError(f"--to {named(to)}: no such folder.")
    check_folder(to, "--to")
    with only_publisher(to) as models:
        recovered = catch_up(models)
        if not recovered or recovered[-1]["decision"] != ROLLED_BACK:
            return to / roll_back(models).name
    # The same command again after a kill must not go back a second time.
    version = to / str(recovered[-1]["version"])
    print(f"{named(version)} was rolled back to by a process that was killed.", file=sys.stderr)
    return version


def evaluation_of(arguments: Arguments) -> evaluate.Arguments:
    """The evaluation of the run that is to be published.

    Raises:
        InputError: No run, or no data to compare with.
    """
    from keras_t2i.loading import found_run

    if arguments.run is None:
        raise InputError("Give the run that is to be published, or --rollback.")
    asked = evaluate.Arguments(
        found_run(arguments.run),
        data=arguments.data,
        out=arguments.scores,
        best=arguments.best,
        **vars(arguments.evaluation),
    )
    data = located(asked.data) if asked.data else Run(asked.subject).data
    if data is None or not (data / INFO_FILE).exists():
        place = "brings no data set along" if data is None else f"has no data set at {data}"
        raise InputError(f"{asked.subject} {place}; --data gives the data to compare with.")
    return replace(asked, data=data)


def _publish(arguments: Arguments, asked: evaluate.Arguments) -> Path:
    """Validate, evaluate, compare and export; the folder of versions is held."""
    from keras_t2i.loading import task_of

    load_tensorflow()
    models, held = arguments.to, versions(arguments.to)
    task = task_of(Run(asked.subject, best=asked.best), asked.data)
    subject = task.subject()
    served = held[max(held)] if held else None
    if served and fingerprint(served) == subject.fingerprint():
        print(f"Version {served.name} has these very weights already.", file=sys.stderr)
        return served
    record: lineage.Record = {
        "decision": "published",
        "time": now(),
        "run": asked.subject.resolve().name,
        "preset": task.experiment.name,
        "step": subject.step,
        "fingerprint": subject.fingerprint(),
        "replaces": max(held) if held else None,
        "version_of_keras_t2i": installed("keras-t2i"),
    }
    record |= _validated(arguments, asked, record)
    withdrawn = withdrawal(models, subject.fingerprint())
    if withdrawn and not arguments.again:
        _refuse(arguments, record, [
            f"these very weights were withdrawn as version {withdrawn['replaces']}; --again "
            "publishes them all the same"
        ])  # fmt: skip
    new = measured(asked)
    old = served_scores(asked, served, new) if served else None
    record["scores"] = shown(new)
    record["served_scores"] = None if old is None else shown(old)
    record["terms"] = asdict(arguments.terms)
    show(new, old)
    if reasons := list(objections(arguments.terms, list(new.values()), by_name(old))):
        _refuse(arguments, record, reasons)
    version = task.export(models, {FIELD: record})
    lineage.append(models, {"version": int(version.name), **record})
    return version


def _validated(
    arguments: Arguments, asked: evaluate.Arguments, record: Mapping[str, Any]
) -> dict[str, Any]:
    """Record of the data, which are compared with those of the run; refuses what has drifted."""
    from keras_t2i.delivery.validation import compare_data

    run, data = Run(asked.subject), asked.data
    assert data is not None
    faults, distances = compare_data(run, data)
    for distance in distances:
        print(f"drift  {distance} (limit {distance.limit(arguments.drift):g})")
    faults += [
        f"{distance} is beyond --drift.{distance.measure.replace('_', '-')} "
        f"{distance.limit(arguments.drift):g}"
        for distance in distances
        if distance.beyond(arguments.drift)
    ]
    found = {
        "data": DatasetInfo.load(data).checksum,
        "trained_on": run.info.checksum,
        "drift": [asdict(distance) for distance in distances],
    }
    if faults:
        told = f"{origin(data)} is not as the data that the run learned from: "
        _refuse(arguments, {**record, **found}, faults, told)
    return found


def _refuse(
    arguments: Arguments, record: Mapping[str, Any], reasons: list[str], told: str = ""
) -> NoReturn:
    """Record a refusal, without places on this machine, and end with it."""
    refused = {"decision": "refused", "reasons": reasons}
    lineage.append(arguments.to, {"version": None, **record, **refused})
    assert arguments.run is not None
    raise Refused(
        f"{named(arguments.run)} is not published in {arguments.to}: {told}{'; '.join(reasons)}."
    )
