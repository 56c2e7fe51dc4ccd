"""An experiment of a task."""

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from keras_t2i.components.registry import component
from keras_t2i.tasks.base.task import Task
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo


@component
class TaskExperiment(Experiment):
    """An experiment whose runs can be loaded; the one of each task derives from it."""

    @abstractmethod
    def task(self, run: Run, data: Path | None = None) -> Task:
        """The task of a run of this experiment.

        Args:
            run: The run.
            data: Folder of the data set, if it has moved since the run was started.

        Raises:
            InputError: The run does not fit the experiment.
        """

    def suited_to(self, info: "DatasetInfo") -> Self:
        """The experiment as it is trained on some data: this one, unless a task says otherwise.

        Args:
            info: Description of the data set.
        """
        return self

    def drawn_source(self) -> Any:
        """The source of data that are drawn here: birds, unless a task says otherwise."""
        from keras_t2i.pipelines.sources.birds import Birds

        return Birds()

    @property
    def drawn_side(self) -> int:
        """Side of the pictures that are drawn."""
        return 64

    @property
    def drawn_name(self) -> str:
        """Name of the folder that they are drawn to: `birds`, or `birds-32` of another side."""
        name, side = self.drawn_source().name, self.drawn_side
        return name if side == 64 else f"{name}-{side}"

    def draw_data(self, folder: Path) -> None:
        """Draw the data set that the project brings along for this task.

        Args:
            folder: Folder to create.
        """
        from keras_t2i.pipelines.prepare import prepare

        prepare(self.drawn_source(), folder, self.drawn_side)
