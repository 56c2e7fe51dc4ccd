"""`evaluate`: how good a run's, a model's or anybody's pictures are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from keras_t2i.commands.imports import without_imports
from keras_t2i.hub.named import names as model_names
from keras_t2i.loading import is_model, open_classifier, runs_here, task_of
from keras_t2i.metrics.protocols import known_names, protocols_named
from keras_t2i.pipelines.dataset_info import INFO_FILE, DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.fetching import cache_folder
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.remote.address import address_of, is_address
from keras_t2i.pipelines.remote.data import located
from keras_t2i.pipelines.spelling import did_you_mean
from keras_t2i.training.remote_run import send_back
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.metrics.features import FeatureStore
    from keras_t2i.metrics.inputs import EvaluationInputs, Reference


@dataclass(frozen=True)
class Arguments:
    """Score pictures against real ones.

    Args:
        subject: A run, a SavedModel with the signature `generate`, or a folder of pictures; of the
            first two also the address, such as gs://bucket/runs/birds.
        data: Folder of prepared data, or its address; by default the one that the run was trained
            on. Where it is gone, scores that need no real pictures are left.
        against: Folder of pictures that a folder is compared with, without any data set.
        extractor: Network that computes the features: a file, a SavedModel, a run, or `random`; by
            default the canonical Inception, if it was fetched.
        extractor_range: Values of black and white for a network that takes floats, such as -1 1.
        judge: Run that reads labels, for `conditions`; by default the extractor if it is one.
        split: Split whose real pictures, captions and labels are used.
        count: Number of pictures to draw.
        seed: Seed of all random draws.
        bootstrap: Number of draws for confidence intervals; 0 for none.
        baselines: Whether real pictures and noise are scored as well, for comparison.
        best: Whether the run's best state is judged, which `fit --watch.every` kept, not its last.
        out: Folder for metrics.jsonl and report.html; by default RUN/evaluation, else
            evaluation/NAME.
        cache: Folder for features of real pictures; by default KERAS_T2I_CACHE or
            ~/.cache/keras-t2i.
        skip_broken: Whether files of a folder that are no pictures are left out.
    """

    subject: Annotated[Path, tyro.conf.Positional]
    data: Path | None = None
    against: Path | None = None
    protocol: Annotated[
        tuple[str, ...],
        tyro.conf.arg(
            help="Scores to compute; by default all that can be.", help_behavior_hint=known_names
        ),
    ] = ()
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

    @property
    def is_run(self) -> bool:
        """Whether the subject is a run folder."""
        return (self.subject / "experiment.json").exists()

    @property
    def is_folder(self) -> bool:
        """Whether the subject is a folder of pictures: neither a run nor a SavedModel."""
        return not is_model(self.subject)

    @property
    def keeps_scores(self) -> bool:
        """Whether the subject is a run that you trained, whose folder keeps its scores."""
        return self.is_run and not Run(self.subject).pretrained


def main() -> None:
    """Parse the command line, score, and write the report."""
    words = without_imports(sys.argv[1:])
    arguments = tyro.cli(Arguments, args=words, prog="python -m keras_t2i.evaluate")
    from keras_t2i.loading import found

    subject = found(arguments.subject)
    out = evaluate(replace(arguments, subject=subject))
    place = str(out)
    if is_address(arguments.subject):
        send_back(arguments.subject)
        place = place.replace(str(subject), address_of(arguments.subject))
    print(f"metrics  {place}/metrics.jsonl\nreport   {place}/report.html")


def evaluate(arguments: Arguments) -> Path:
    """Score, print the table, append to metrics.jsonl, write the report; returns its folder.

    Raises:
        InputError: The subject, the data, the extractor or a protocol's name cannot be used.
    """
    check_numbers(arguments)
    if not arguments.subject.exists():
        hint = did_you_mean(str(arguments.subject), [*model_names(), *runs_here()])
        raise InputError(f"{arguments.subject}: no such run, SavedModel or folder.{hint}")
    out = folder_of(arguments)
    if not arguments.keeps_scores and arguments.out is None:
        print(f"The scores go to {out}; --out gives another folder.", file=sys.stderr)
    protocols_named(arguments.protocol)
    load_tensorflow()
    return score(arguments, inputs_of(arguments))


def check_numbers(arguments: Arguments) -> None:
    """Refuse numbers out of their bounds, before anything is opened.

    Raises:
        InputError: Such a number.
    """
    if arguments.count < 2 or arguments.bootstrap < 0:
        raise InputError("--count must be at least 2, and --bootstrap at least 0.")
    if not 0 <= arguments.seed < 2**32:
        raise InputError(f"--seed must lie in [0, 2^32). Received: {arguments.seed}.")


def score(arguments: Arguments, inputs: "EvaluationInputs") -> Path:
    """Score inputs that are opened; the rest is that of `evaluate`.

    Args:
        arguments: The arguments that the inputs were opened by.
        inputs: The inputs (`inputs_of`).

    Raises:
        InputError: A protocol that was asked for cannot be computed.
    """
    from keras_t2i.metrics import results_log
    from keras_t2i.metrics.report import write_report
    from keras_t2i.metrics.scoring import baselines, scores_of

    out, store, protocols = folder_of(arguments), inputs.store, protocols_named(arguments.protocol)
    with _progress(store):
        own = scores_of(inputs, protocols, required=bool(arguments.protocol))
        scored = list(own)
        for other, some in baselines(inputs, protocols) if arguments.baselines else ():
            scored += scores_of(other, some)
    results_log.append(out, scored, inputs)
    if arguments.keeps_scores and inputs.fake.state and inputs.fake.state.step is not None:
        logs = Run(arguments.subject).logs("evaluation")
        results_log.to_tensorboard(logs, own, inputs.fake.state.step)
    results_log.show(scored)
    for note in dict.fromkeys(inputs.notes):
        print(note, file=sys.stderr)
    write_report(out, inputs, scored)
    store.forget(inputs.fake)
    return out


def inputs_of(arguments: Arguments) -> "EvaluationInputs":
    """Pictures to judge, and the references and networks that judge them.

    Raises:
        InputError: The subject, data, split, extractor or judge cannot be used.
    """
    from keras_t2i.metrics.collect import collect
    from keras_t2i.metrics.extractors.finding import find_extractor, run_classifier
    from keras_t2i.metrics.features import FeatureStore
    from keras_t2i.metrics.pictures import folder_pictures

    left_out = _check_folders(arguments)
    data, stored, notes = _places(arguments)
    extractor = find_extractor(arguments.extractor, arguments.extractor_range, open_classifier)
    other, skip = arguments.against, arguments.skip_broken
    reference = collect(
        data=data,
        stored=stored,
        against=None if other is None else folder_pictures(other, skip),
        split=arguments.split,
        count=arguments.count,
        extractor=extractor,
        judge=run_classifier(arguments.judge, open_classifier) if arguments.judge else None,
        store=FeatureStore((arguments.cache or cache_folder()) / "features"),
        seed=arguments.seed,
        draws=arguments.bootstrap,
    )
    inputs = _judged(arguments, reference, data)
    return replace(inputs, notes=[*left_out, *notes, *inputs.notes])


def _check_folders(arguments: Arguments) -> list[str]:
    """Look at the folders of pictures before any network is loaded; lines on what is left out.

    Raises:
        InputError: Too few pictures, or options that do not go together.
    """
    from keras_t2i.metrics.pictures import scored_files

    listings = [scored_files(arguments.subject)] if arguments.is_folder else []
    if arguments.against is not None:
        if not arguments.is_folder:
            raise InputError(f"--against goes with a folder; {arguments.subject} draws for --data.")
        if arguments.data is not None:
            raise InputError("Give either --data or --against.")
        listings.append(scored_files(arguments.against, "--against"))
    return [line for each in listings for line in each.left_out(each.pictures)]


def _places(arguments: Arguments) -> tuple[Path | None, Path | None, list[str]]:
    """The data set's folder, that of the conditions which the run keeps, and notes about both."""
    if arguments.data is not None:
        return located(arguments.data), None, []
    if not arguments.is_run:
        return None, None, []
    run = Run(arguments.subject)
    try:
        data = run.data
    except InputError as error:
        return None, run.path / "conditions", [f"{error} --data gives another place."]
    if data is None or not (data / INFO_FILE).exists():
        gone = f"its data set is not at {data} any more; --data gives its new place."
        note = gone if data else "it brings no data set along; --data gives one."
        return None, run.path / "conditions", [f"{run.path}: {note}"]
    if DatasetInfo.load(data).checksum != run.info.checksum:
        note = f"{run.path}: {data} is no longer the data set that it was trained on."
        return data, None, [note]
    return data, None, []


def _judged(arguments: Arguments, reference: "Reference", data: Path | None) -> "EvaluationInputs":
    """The pictures of a run, of a SavedModel or of a folder, and the encoder behind them."""
    from keras_t2i.metrics.pictures import folder_pictures
    from keras_t2i.metrics.sampled import sampled_pictures
    from keras_t2i.metrics.served import ServedModel

    path, seed, conditions = arguments.subject, arguments.seed, reference.conditions
    if arguments.is_run:
        task = task_of(Run(path, best=arguments.best), data)
        fake = sampled_pictures(task.subject(), str(path), conditions, seed, arguments.best)
        return reference.judging(fake, task.text_encoder, task.learned_by)
    if not arguments.is_folder:
        served = ServedModel(path, reference.schema)
        return reference.judging(
            sampled_pictures(served, str(path), conditions, seed), served.encode
        )
    return reference.judging(folder_pictures(path, arguments.skip_broken))


@contextmanager
def _progress(store: "FeatureStore") -> Iterator[None]:
    """Show on the screen how far the features of each set of pictures are."""
    console = Console(file=sys.stderr)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(escape(name), total=total)
            progress.update(tasks[name], completed=done, total=total)

        store.advance = advance
        yield


def folder_of(arguments: Arguments) -> Path:
    """Folder of the metrics.jsonl that an evaluation adds to."""
    if arguments.out is not None:
        return arguments.out
    if arguments.keeps_scores:
        return arguments.subject / "evaluation"
    return Path("evaluation") / arguments.subject.resolve().name
