"""The run folder: everything that a training leaves behind."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.training.experiment import Experiment, differences, from_json, to_json

_FIRST_FILES = ("experiment.json", "dataset.json", "vocabulary.txt")


@dataclass(frozen=True)
class Run:
    """A run folder.

        experiment.json      the resolved experiment, and the checksum of its data
        dataset.json         what is known of the data: classes, attributes, sizes
        vocabulary.txt       the text encoder's tokens
        STAGE/checkpoints/   all that the next step depends on; several kept
        STAGE/best/          the same of the step with the best score, if the run was watched
        STAGE/summary.json   written when the stage is finished
        evaluation/          metrics.jsonl, report.html
        samples/             sample grids and attention maps, PNG
        tensorboard/STAGE/   logs

    Args:
        path: The folder.
        best: Read a GAN's best state in place of its last.
    """

    path: Path
    best: bool = False

    def open(
        self, experiment: Experiment, info: DatasetInfo | None = None, data: Path | None = None
    ) -> None:
        """Create the folder, or check that it holds this very experiment on this very data.

        A run of another experiment of which nothing was trained yet gives way. An experiment that
        needs no data has neither `info` nor `data`.

        Raises:
            InputError: The folder belongs to another experiment; the message lists each field.
        """
        checksum = info.checksum if info else None
        wanted = {"experiment": to_json(experiment), "data": {"checksum": checksum}}
        file = self.path / "experiment.json"
        if file.exists():
            held = read_json(file)
            changed = differences({key: held.get(key) for key in wanted}, wanted)
            if changed and self._begun:
                raise InputError(
                    f"{self.path} holds a run of another experiment (this run -> asked for):\n  "
                    + "\n  ".join(changed)
                    + "\nUse another --run folder, or the options that it was started with."
                )
            if not changed:
                return
            for name in _FIRST_FILES:
                (self.path / name).unlink(missing_ok=True)
        elif self.path.exists() and any(self.path.iterdir()):
            raise InputError(f"{self.path} is neither empty nor a run (it has no experiment.json).")
        self.path.mkdir(parents=True, exist_ok=True)
        if info:
            write_json(self.path / "dataset.json", {**info.to_json(), "path": str(data.resolve())})
        write_json(file, wanted)

    @property
    def _begun(self) -> bool:
        """Whether there is anything trained that could be lost."""
        return any(self.path.glob("*/summary.json")) or any(self.path.glob("*/checkpoints/*"))

    @property
    def experiment(self) -> Experiment:
        """The experiment that the folder holds."""
        file = self.path / "experiment.json"
        if not file.exists():
            raise InputError(f"{self.path} is not a run folder: it has no experiment.json.")
        return from_json(read_json(file)["experiment"])

    @property
    def data(self) -> Path | None:
        """Where the data lay when the run was started; `None` of a run that needs none."""
        file = self.path / "dataset.json"
        return Path(read_json(file)["path"]) if file.exists() else None

    @property
    def info(self) -> DatasetInfo:
        """What is known of the data, without the data."""
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
        """What a finished stage said of itself, or `None`."""
        file = self.stage(stage) / "summary.json"
        return read_json(file) if file.exists() else None


def read_json(file: Path) -> Any:
    """A JSON file's value."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: not readable as JSON ({error}).") from error


def write_json(file: Path, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
    partial.replace(file)
