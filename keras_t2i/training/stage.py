"""Stages of an experiment: the inputs from their tasks, and the trainings that they build."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from keras_t2i.training.hardware import Switch

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.training.tracked_model import TrackedModel


@dataclass(frozen=True, kw_only=True)
class Given:
    """Inputs of every stage; each stage adds its data and the earlier stages' models.

    A stage asks its task for nothing else: whatever it shows or tells goes through these.

    Args:
        seed: Seed of all random draws.
        xla: Whether XLA compiles the steps.
        draw: Function that keeps a sample picture of a model at a step; returns the file.
        finish: Function that draws and measures after the last step; returns the summary.
    """

    seed: int
    xla: Switch
    draw: Callable[[Any, int], Path]
    finish: Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Training:
    """A stage, built, with all that `train` needs to run it.

    Args:
        model: The model, ready for `fit`.
        dataset: Function from a step to the endless batches that begin there. With several workers
            it is also given `num_shards` and `shard_index`, and always `scaled=False`: it passes
            all of them on to the dataset (`pipelines.batching.BatchOptions`).
        steps: Number of the last step.
        interval: Steps between reports; Keras's epoch.
        epoch: Steps in which every record is visited about once.
        rows_per_step: Number of pictures or captions per step, for the speed that is shown.
        checkpoint_minutes: Minutes between checkpoints.
        callbacks: Further callbacks of the stage.
        finish: Function that does what is left after the last step; returns the summary.
    """

    model: "TrackedModel"
    dataset: "Callable[..., tf.data.Dataset]"
    steps: int
    interval: int
    epoch: int
    rows_per_step: int
    checkpoint_minutes: float
    callbacks: "list[keras.callbacks.Callback]" = field(default_factory=list)
    finish: Callable[[], dict[str, Any]] = dict


class Stage(ABC):
    """A part of an experiment that is trained by itself, after those before it.

    Each is a component (`keras_t2i.components.registry`): its fields are options of `fit`.

    Attributes:
        length: Name of the field that says how long it is trained, so that a run of it can be
            lengthened; `None` for a stage that cannot be.
        kept: Names of the folders in its own that drawing needs beside the weights.
    """

    length: ClassVar[str | None] = None
    kept: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of its folder in the run."""

    @property
    def given_files(self) -> tuple[str, ...]:
        """Places of the files among its settings, which mean nothing on another machine."""
        return ()

    def check(self) -> None:
        """Refuse settings that can be seen to be wrong without any data.

        Raises:
            InputError: Settings that contradict each other.
        """
        return None

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data on which the stage cannot be trained, before any stage is.

        Args:
            info: Description of the data set.

        Raises:
            InputError: The data do not fit the stage's networks.
        """
        return None

    def remarks(self, info: "DatasetInfo") -> tuple[str, ...]:
        """Lines about what deserves a look before a training on such data, each a sentence."""
        return ()

    @abstractmethod
    def build(self, given: Any) -> Training:
        """The training, from the inputs that the stage's task gives.

        Args:
            given: Inputs of the stage, of its subclass of `Given`.

        Raises:
            InputError: The data do not fit the stage's networks.
        """
