"""An experiment is data: frozen dataclasses of JSON values."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro

from keras_t2i.components.bounds import Seed
from keras_t2i.components.registry import component
from keras_t2i.training.hardware import Switch
from keras_t2i.training.stage import Stage

if TYPE_CHECKING:
    from keras_t2i.training.run import Run


@component
class Experiment(ABC):
    """What every experiment has; the one of each task derives from it and adds its stages.

    Args:
        name: Name of the preset that it comes from.
        seed: Seed of all random draws.
        xla: Whether steps are compiled by XLA; `auto` compiles them on one GPU or TPU only.
        deterministic: The same numbers, bit by bit, on each run on the same machine; slower.
    """

    name: Annotated[str, tyro.conf.Suppress]
    seed: Seed = 0
    xla: Switch = "auto"
    deterministic: bool = False

    needs_data: ClassVar[bool] = True
    data_kind: ClassVar[str] = "pictures"

    @property
    @abstractmethod
    def stages(self) -> tuple[Stage, ...]:
        """The stages in the order in which they are trained."""

    @abstractmethod
    def task(self, run: "Run", data: Path | None = None) -> Any:
        """What can be done with a run of it: a `keras_t2i.tasks.base.task.Task`.

        Args:
            run: The run.
            data: The data set, if it does not lie where it lay when the run was started.
        """

    def draw_data(self, folder: Path) -> None:
        """Draw the data set that the project brings along for this task.

        Args:
            folder: The folder to create.
        """
        from keras_t2i.pipelines.prepare import prepare

        prepare(self.drawn_source(), folder)

    def drawn_source(self) -> Any:
        """The source of data that are drawn here: birds, unless a task says otherwise."""
        from keras_t2i.pipelines.sources.birds import Birds

        return Birds()
