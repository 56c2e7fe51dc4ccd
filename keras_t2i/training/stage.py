"""A stage: what its task gives it, and the training that it builds."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_t2i.training.hardware import Switch

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_t2i.training.tracked_model import TrackedModel


@dataclass(frozen=True, kw_only=True)
class Given:
    """What every stage is built from; each stage adds its data and the earlier stages' models.

    A stage asks its task for nothing else: whatever it shows or tells goes through these.

    Args:
        seed: Seed of all random draws.
        xla: Whether its steps are compiled.
        draw: Keeps a picture of what a model does at a step; returns the file.
        finish: Draws and measures what is left to do after the last step; returns the summary.
    """

    seed: int
    xla: Switch
    draw: Callable[[Any, int], Path]
    finish: Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Training:
    """A stage, built: what `train` needs to run it.

    Args:
        model: The model, ready for `fit`.
        dataset: From a step to the endless batches that begin there.
        steps: Number of the last step.
        interval: Steps between reports; Keras's epoch.
        epoch: Steps in which every record is visited about once.
        rows_per_step: Pictures or captions a step, for the speed that is shown.
        checkpoint_minutes: Time between checkpoints.
        callbacks: Callbacks of the stage's own.
        finish: What is left to do after the last step; returns the summary.
    """

    model: "TrackedModel"
    dataset: "Callable[[int], tf.data.Dataset]"
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
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of its folder in the run."""

    def check(self) -> None:
        """Refuse what can be seen to be wrong without any data.

        Raises:
            InputError: Settings that contradict each other.
        """
        return None

    @abstractmethod
    def build(self, given: Any) -> Training:
        """The training, of what the stage's task gives it.

        Args:
            given: A `Given` of the stage's own kind.

        Raises:
            InputError: The data do not fit the stage's networks.
        """
