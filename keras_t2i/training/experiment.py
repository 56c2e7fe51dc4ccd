"""Experiments as data: frozen dataclasses of JSON values."""

import dataclasses
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro

from keras_t2i.components.bounds import Seed
from keras_t2i.components.registry import component
from keras_t2i.training.hardware import Switch
from keras_t2i.training.stage import Stage

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo


@component
class Experiment(ABC):
    """Base of every experiment; the one of each task derives from it and adds its stages.

    Args:
        name: Name of the preset that it comes from.
        seed: Seed of all random draws.
        xla: Whether steps are compiled by XLA; `auto` compiles them on one GPU or TPU only.
        deterministic: Whether each run on the same machine gives the same numbers, bit by bit;
            slower.
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

    def place_of(self, stage: Stage) -> str:
        """Place of a stage, as the command line names it: `gan.first`; its name where it has none.

        Args:
            stage: One of the stages.
        """
        return _place_in(self, stage) or stage.name

    def check(self) -> None:
        """Refuse settings that can be seen to be wrong without any data.

        Raises:
            InputError: A stage's settings contradict each other, or those of another stage.
        """
        for stage in self.stages:
            stage.check()

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data on which a stage cannot be trained, before any is.

        Args:
            info: Description of the data set.

        Raises:
            InputError: The data do not fit a stage.
        """
        for stage in self.stages:
            stage.check_data(info)


def _place_in(value: Any, stage: Stage) -> str | None:
    """Place of a stage in a component."""
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        several = held if isinstance(held, tuple) else (held,)
        for i, each in enumerate(several):
            name = f"{field.name}.{i}" if held is several else field.name
            if each is stage:
                return name
            inside = _place_in(each, stage) if dataclasses.is_dataclass(each) else None
            if inside:
                return f"{name}.{inside}"
    return None
