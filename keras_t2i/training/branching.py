"""A new run that goes on from a kept checkpoint of another, with changed settings."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_t2i.components.values import differences, to_json
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import whole_file, write_json
from keras_t2i.training import checkpoint
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import ORIGIN, Run, read_json


@dataclass(frozen=True)
class Branch:
    """A state of a run's last stage, written RUN, RUN@STEP or RUN@best.

    The stages before the last are taken as they are; the last one goes on from this state, its
    optimizers' moments included, whatever of its settings has changed since.

    Args:
        run: The run.
        at: A step whose checkpoint is kept, `best`, or empty for the last one.
    """

    run: Run
    at: str = ""

    @classmethod
    def of(cls, text: str) -> "Branch":
        """The branch that a text names; an existing folder with an @ in its name is a run."""
        place, _, at = text.rpartition("@")
        whole = Path(text).exists() or not place
        return cls(Run(Path(text))) if whole else cls(Run(Path(place)), at)

    def check(self, experiment: Experiment, info: DatasetInfo | None, run: Run) -> None:
        """Refuse a state that an experiment cannot go on from; nothing is written yet.

        Args:
            experiment: The new run's experiment.
            info: Information about its data; `None` where it needs none.
            run: The new run.

        Raises:
            InputError: No such state, a run of another task or other data, other settings of a
                stage before the last, or a new run that has begun otherwise.
        """
        theirs, other = self.run.experiment, self.run.path
        if other.resolve() == run.path.resolve():
            raise InputError(f"--from {other}: give the new run another folder (--run).")
        if type(theirs) is not type(experiment) or len(theirs.stages) != len(experiment.stages):
            raise InputError(
                f"--from {other}: it is a {type(theirs).__name__} of {len(theirs.stages)} stages, "
                f"not a {type(experiment).__name__} of {len(experiment.stages)}."
            )
        if info and theirs.needs_data and self.run.info.checksum != info.checksum:
            raise InputError(f"--from {other}: it was trained on other data.")
        for one, two in zip(theirs.stages[:-1], experiment.stages[:-1], strict=True):
            changed = differences({one.name: to_json(one)}, {two.name: to_json(two)})
            if changed:
                raise InputError(
                    f"--from {other}: stage `{two.name}` is taken as it is, so these cannot change "
                    "(there -> here):\n  " + "\n  ".join(changed)
                )
            if self.run.summary(two.name) is None:
                raise InputError(f"--from {other}: stage `{two.name}` is not finished there.")
        note = run.path / ORIGIN
        begun = any(run.stage(stage.name).exists() for stage in experiment.stages)
        if note.exists() and read_json(note).get("model") != self._name:
            raise InputError(f"{run.path} started from {read_json(note)['model']}, not from this.")
        if begun and not note.exists():
            raise InputError(f"{run.path} has begun already, and not with --from {other}.")
        self.file  # noqa: B018 - raises where there is none

    @property
    def file(self) -> Path:
        """The checkpoint.

        Raises:
            InputError: A state that is not kept; the message names those that are.
        """
        stage = self.run.stage(self.run.experiment.stages[-1].name)
        folder = stage / ("best" if self.at == "best" else "checkpoints")
        kept = checkpoint.steps(folder)
        if self.at in ("", "best"):
            wanted = kept[-1:]
        else:
            wanted = [step for step in kept if str(step) == self.at]
        if not wanted:
            known = ", ".join(map(str, kept)) or "none"
            raise InputError(
                f"--from {self.run.path}: stage `{stage.name}` keeps no checkpoint of "
                f"{self.at or 'any step'}. Kept steps: {known}."
            )
        return checkpoint.file_of(folder, wanted[0])

    def begin(self, run: Run) -> None:
        """Copy into a new run what it goes on from, unless it has that already.

        Args:
            run: The new run, opened; its stages before the last are there.
        """
        if (run.path / ORIGIN).exists():
            return
        stage = run.stage(self.run.experiment.stages[-1].name)
        kept = self.file
        with whole_file(stage / "checkpoints" / kept.name) as partial:
            shutil.copyfile(kept, partial)
        write_json(run.path / ORIGIN, self._origin(kept))

    @property
    def _name(self) -> str:
        return f"{self.run.path.name}@{self.at or 'last'}"

    def _origin(self, kept: Path) -> dict[str, Any]:
        digest = hashlib.sha256(kept.read_bytes()).hexdigest()
        return {"model": self._name, "step": int(kept.stem.rpartition("-")[2]), "sha256": digest}
