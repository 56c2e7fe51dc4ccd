"""A new run that goes on from a kept checkpoint of another, with changed settings."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from keras_t2i.components.values import differences, to_json
from keras_t2i.pipelines.arrays import read_arrays
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.address import is_address
from keras_t2i.pipelines.whole_file import whole_file, write_json
from keras_t2i.training import checkpoint
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.remote_run import fetched
from keras_t2i.training.reuse import take_stages
from keras_t2i.training.run import ORIGIN, Run, read_note


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
        """The branch that a text names; an existing folder with an @ in its name is a run.

        Raises:
            InputError: An address that cannot be read.
        """
        place, _, at = text.rpartition("@")
        if Path(text).exists() or not place:
            place, at = text, ""
        return cls(Run(fetched(place) if is_address(place) else Path(place)), at)

    def check(self, experiment: Experiment, info: DatasetInfo | None, run: Run) -> None:
        """Refuse a state that an experiment cannot go on from; nothing is written yet.

        Args:
            experiment: The new run's experiment.
            info: Information about its data; `None` where it needs none.
            run: The new run, which has not begun with this state.

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
        begun = any(run.stage(stage.name).exists() for stage in experiment.stages)
        if begun and not read_note(run.path / ORIGIN):
            raise InputError(f"{run.path} has begun already, and not with --from {other}.")
        self.file()

    def is_origin_of(self, experiment: Experiment, run: Run) -> bool:
        """Whether a run has begun with this state, so that nothing more is asked of the other run.

        Args:
            experiment: The new run's experiment.
            run: The new run.

        Raises:
            InputError: The run has begun with another state.
        """
        held = read_note(run.path / ORIGIN)
        if not held:
            return False
        if (held.get("model"), held.get("path")) != (self._name, self._path):
            raise InputError(
                f"{run.path} started from {held.get('model')!r}, not from --from {self._name}. "
                "Without --from the same command goes on; or give another --run."
            )
        folder = run.stage(experiment.stages[-1].name) / "checkpoints"
        return checkpoint.newest_whole(folder) is not None

    def file(self) -> Path:
        """The checkpoint: the newest that is whole, or that of the step.

        Raises:
            InputError: A state that is not kept, or is damaged; the message names those that are
                kept.
        """
        folder = self.run.stage(self._last) / ("best" if self.at == "best" else "checkpoints")
        kept = checkpoint.steps(folder)
        step = checkpoint.newest_whole(folder)
        if self.at not in ("", "best"):
            step = next((each for each in kept if str(each) == self.at), None)
        if step is None:
            known = ", ".join(map(str, kept)) or "none"
            raise InputError(
                f"--from {self.run.path}: stage `{self._last}` keeps no checkpoint of "
                f"{self.at or 'any step'}. Kept steps: {known} (those of versions before "
                "2026-11-27 do not count)."
            )
        file = checkpoint.file_of(folder, step)
        read_arrays(file)
        return file

    def begin(self, experiment: Experiment, run: Run) -> None:
        """Copy into a new run what it goes on from; what a killed process began is done anew.

        Args:
            experiment: The new run's experiment.
            run: The new run, opened.
        """
        kept = self.file()
        digest = hashlib.sha256(kept.read_bytes()).hexdigest()
        step = int(kept.stem.rpartition("-")[2])
        origin = {"model": self._name, "path": self._path, "step": step, "sha256": digest}
        write_json(run.path / ORIGIN, origin)
        take_stages([stage.name for stage in experiment.stages[:-1]], self.run, run)
        with whole_file(run.stage(self._last) / "checkpoints" / kept.name) as partial:
            shutil.copyfile(kept, partial)

    @property
    def _last(self) -> str:
        return self.run.experiment.stages[-1].name

    @property
    def _name(self) -> str:
        return f"{self.run.path.name}@{self.at or 'last'}"

    @property
    def _path(self) -> str:
        return str(self.run.path.resolve())


def undo(experiment: Experiment, run: Run) -> None:
    """Remove what a new run was begun with and cannot go on from, copies all, unless it went on."""
    held = checkpoint.steps(run.stage(experiment.stages[-1].name) / "checkpoints")
    if held != [read_note(run.path / ORIGIN).get("step")]:
        return
    for stage in experiment.stages:
        shutil.rmtree(run.stage(stage.name), ignore_errors=True)
    (run.path / ORIGIN).unlink(missing_ok=True)
