"""The run folder: everything that a training leaves behind."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from keras_t2i.components.old_names import in_todays_names
from keras_t2i.components.values import differences, from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.pipelines.remote.data import located, origin
from keras_t2i.pipelines.whole_file import is_left, write_json
from keras_t2i.pipelines.whole_folder import tidy
from keras_t2i.training.experiment import Experiment

if TYPE_CHECKING:
    from keras_t2i.training.remote_run import RemoteRun

FORMAT_VERSION = 1
ORIGIN = "started_from.json"
START = "start.npz"
WRITER, LOCK = "writer.json", "writer.lock"
NOTICES = ("NOTICE", "LICENSE")  # of a model whose data ask for something
_FIRST_FILES = (
    "experiment.json", "dataset.json", "task.json", "statistics.json", "hardware.json",
    "vocabulary.txt", "vocabulary.sha256", ORIGIN, *NOTICES,
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run folder.

        experiment.json      the experiment with all its values, and the checksum of its data
        dataset.json         what is known of the data: classes, attributes, sizes
        task.json            what drawing and exporting ask of the data: examples, shapes
        statistics.json      counts of classes, labels, words and colours of the data
        conditions/          captions and labels of the unseen pictures, for scores without them
        hardware.json        devices, precision and XLA of each start
        vocabulary.txt       the text encoder's tokens; vocabulary.sha256 is their sum
        started_from.json    what it started from; STAGE/start.npz are the weights, where alone
        writer.json          the process that trains it, or did last; writer.lock is its lock
        STAGE/checkpoints/   all that the next step depends on; several kept
        STAGE/best/          the same of the step with the best score, if the run was watched
        STAGE/summary.json   written when the stage is finished
        evaluation/          metrics.jsonl, report.html
        samples/             sample grids and attention maps, PNG
        tensorboard/STAGE/   logs

    Args:
        path: The folder.
        best: Whether the last stage's best state is read in place of its last.
        remote: The address that the run is trained at, if it is no folder alone.
    """

    path: Path
    best: bool = False
    remote: "RemoteRun | None" = field(default=None, compare=False, repr=False)

    @property
    def where(self) -> str:
        """The run as its user names it: its address, or its path."""
        return self.remote.address if self.remote else str(self.path)

    def send(self) -> None:
        """Send what has changed to the run's address, if it has one.

        Raises:
            InputError: The address cannot be written, or another process trains the run by now.
        """
        if self.remote:
            self.remote.send()

    def send_if_possible(self) -> None:
        """Send at a checkpoint; an address that cannot be reached now is no reason to stop."""
        if self.remote:
            self.remote.send_if_possible()

    def open(
        self, experiment: Experiment, info: DatasetInfo | None = None, data: Path | None = None
    ) -> None:
        """Create the folder, or check that it holds this very experiment on this very data.

        A run of another experiment of which nothing was trained yet gives way. One that differs in
        the length of its last stage alone, and asks for more, goes on. The folder's place of the
        data is that of the last start. What killed processes left unfinished is removed.

        Args:
            experiment: The experiment.
            info: Information about the data set; `None` for an experiment that needs none.
            data: The folder of the data.

        Raises:
            InputError: The folder belongs to another experiment; the message lists each field.
        """
        checksum = info.checksum if info else None
        wanted = {"experiment": to_json(experiment), "data": {"checksum": checksum}}
        self.check_place()
        if (self.path / "experiment.json").exists():
            self._admit(experiment, wanted)
        self.path.mkdir(parents=True, exist_ok=True)
        for folder in (self.path, *[p for p in self.path.rglob("*") if p.is_dir()]):
            tidy(folder)
        if info and data:
            place = {**info.to_json(), "path": origin(data)}
            write_json(self.path / "dataset.json", place)
        write_json(self.path / "experiment.json", {"format_version": FORMAT_VERSION, **wanted})

    def check_place(self) -> None:
        """Refuse a place that holds something else than a run.

        Raises:
            InputError: A file, or a folder of other files.
        """
        if self.path.is_file():
            raise InputError(f"{self.path} must be a folder; it is a file.")
        if self.path.is_symlink() and not self.path.exists():
            raise InputError(f"{self.path} is a link that leads nowhere.")
        if not self.path.exists() or (self.path / "experiment.json").exists():
            return
        if any(not _of_a_start(held) for held in self.path.iterdir()):
            raise InputError(f"{self.path} is neither empty nor a run (it has no experiment.json).")

    def _admit(self, experiment: Experiment, wanted: dict[str, Any]) -> None:
        """Make the folder of a run ready for an experiment, if it may be.

        Raises:
            InputError: Something is trained already, and in another way.
        """
        changed = differences(self._held, wanted)
        if changed and not self._begun:
            for name in _FIRST_FILES:
                if name != "experiment.json":  # which is replaced, and says till then what this is
                    (self.path / name).unlink(missing_ok=True)
            for start in self.path.glob(f"*/{START}"):
                start.unlink()
        elif changed and sorted(changed) == sorted(self._other_lengths(experiment)):
            # Before the experiment, so that a kill between the two leaves no finished stage.
            summary = self.stage(experiment.stages[-1].name) / "summary.json"
            summary.unlink(missing_ok=True)
            lengths = ", ".join(each.removeprefix("experiment.") for each in changed)
            print(f"{self.path}: goes on with {lengths}")
        elif changed:
            raise InputError(
                f"{self.path} holds a run of another experiment (this run -> asked for):\n  "
                + "\n  ".join(changed)
                + "\nUse another --run folder, or the options that it was started with. With other "
                "rates, losses or precision of its last stage, a new run can go on from its state: "
                f"--from {quote(str(self.path))} and another --run."
            )

    def _other_lengths(self, experiment: Experiment) -> list[str]:
        """The differences from this run's experiment with which its stages can go on.

        They are another length of a stage that is not finished, and a greater one of the last.
        """
        found = []
        for held, asked in zip(self.experiment.stages, experiment.stages, strict=False):
            if type(asked) is not type(held) or asked.length is None:
                continue
            before, now = getattr(held, asked.length), getattr(asked, asked.length)
            longer = asked is experiment.stages[-1] and now > before
            if longer or self.summary(asked.name) is None:
                place = f"experiment.{experiment.place_of(asked)}.{asked.length}"
                found += differences({place: before}, {place: now})
        return found

    @property
    def _begun(self) -> bool:
        """Whether there is anything trained that could be lost."""
        return any(self.path.glob("*/summary.json")) or any(self.path.glob("*/checkpoints/*"))

    @property
    def _held(self) -> dict[str, Any]:
        """The experiment and the data's checksum as `open` would write them today."""
        file = self.path / "experiment.json"
        return {
            "experiment": to_json(self.experiment),
            "data": {"checksum": (read_json(file).get("data") or {}).get("checksum")},
        }

    @property
    def experiment(self) -> Experiment:
        """The experiment that the folder holds; also one that an older version wrote.

        Raises:
            InputError: Not a run, or one of a later version, or of components that are not known.
        """
        file = self.path / "experiment.json"
        if not file.exists():
            raise InputError(f"{self.path} is not a run folder: it has no experiment.json.")
        held = read_json(file)
        if not isinstance(held, dict) or "experiment" not in held:
            raise InputError(f"{file}: must be an object with an `experiment`.")
        if not isinstance(held.get("data"), dict | None):
            raise InputError(f"{file}: `data` must be an object. Received: {held['data']!r}.")
        version = held.get("format_version", 0)
        if version not in (0, FORMAT_VERSION):
            raise InputError(
                f"{file}: format_version must be at most {FORMAT_VERSION}, which this version of "
                f"keras-t2i writes. Received: {version!r}."
            )
        value = held["experiment"] if version else in_todays_names(held["experiment"])
        try:
            experiment = from_json(value)
        except InputError as error:
            raise InputError(f"{file}: {error}") from error
        if not isinstance(experiment, Experiment):
            raise InputError(f"{file}: `experiment` is no experiment.")
        return experiment

    @property
    def pretrained(self) -> bool:
        """Whether it is a pretrained model: weights to draw with, and none to train on with."""
        return any(self.path.glob("*/weights.npz")) and not any(self.path.glob("*/checkpoints"))

    @property
    def data(self) -> Path | None:
        """Folder of the data when the run was started last; `None` where it is not known.

        So of a run that needs no data, and of a pretrained model. Data at an address are fetched.

        Raises:
            InputError: Data at an address that cannot be fetched.
        """
        file = self.path / "dataset.json"
        place = read_json(file).get("path") if file.exists() else None
        return located(Path(place)) if place else None

    @property
    def info(self) -> DatasetInfo:
        """Information about the data set, from the run folder alone."""
        return DatasetInfo.load(self.path)

    def stage(self, name: str) -> Path:
        """The folder of a stage."""
        return self.path / name

    def logs(self, stage: str) -> Path:
        """The TensorBoard folder of a stage."""
        return self.path / "tensorboard" / stage

    @property
    def samples(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    def summary(self, stage: str) -> dict[str, Any] | None:
        """Summary of a finished stage, or `None`."""
        file = self.stage(stage) / "summary.json"
        if not file.exists():
            return None
        held = read_json(file)
        if not isinstance(held, dict):
            raise InputError(f"{file}: must be an object. Received: {held!r}.")
        return held


def read_note(file: Path) -> dict[str, Any]:
    """A JSON object that nothing depends on: an empty one where it is missing or damaged."""
    try:
        held = read_json(file)
    except InputError:
        return {}
    return held if isinstance(held, dict) else {}


def read_json(file: Path) -> Any:
    """A JSON file's value.

    Raises:
        InputError: A model, or a file, that cannot be read.
    """
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: not readable as JSON ({error}).") from error


def _of_a_start(path: Path) -> bool:
    """Whether a file is what a start leaves that was killed before it wrote experiment.json."""
    return path.name in (*_FIRST_FILES, WRITER, LOCK) or is_left(path)
