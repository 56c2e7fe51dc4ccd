"""The training that every GAN has whose length is given in visits of its records."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from keras_t2i.adversarial.model import AdversarialModel
    from keras_t2i.training.loop import Training


class EpochStage(Protocol):
    """What is asked of the stage.

    Attributes:
        epochs: Visits of every record.
        batch_size: Rows a move.
        schedule: Who moves when.
        sample_every: Epochs between samples.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int
    batch_size: int
    schedule: Any
    sample_every: int
    checkpoint_minutes: float


def rows_of(stage: EpochStage) -> int:
    """Rows a step."""
    return stage.batch_size * stage.schedule.batches


def steps_of(stage: EpochStage, records: int) -> int:
    """Steps an epoch of so many records."""
    return max(1, records // rows_of(stage))


def by_epochs(
    stage: EpochStage,
    model: "AdversarialModel",
    dataset: Callable[[int], Any],
    records: int,
    *,
    xla: str,
    draw: Callable[[int], Path],
    finish: Callable[[], dict[str, Any]],
    at_start: bool = False,
) -> "Training":
    """A stage's training, its model made ready for the batches.

    Args:
        stage: Says how long, and how often what happens.
        model: Untrained, or prepared.
        dataset: From a step to the endless batches that begin there.
        records: Of the training split.
        xla: Of the experiment.
        draw: Draws the samples of a step.
        finish: What is left to do after the last step; returns the summary.
        at_start: Whether samples are drawn before the first step as well.
    """
    from keras_t2i.training.callbacks.every import Every
    from keras_t2i.training.hardware import jit_compile
    from keras_t2i.training.loop import Training

    steps = steps_of(stage, records)
    model.ready(model.term_names(next(iter(dataset(0)))), jit_compile=jit_compile(xla))
    return Training(
        model=model,
        dataset=dataset,
        steps=steps * stage.epochs,
        interval=steps,
        rows_per_step=rows_of(stage),
        checkpoint_minutes=stage.checkpoint_minutes,
        callbacks=[Every(steps * stage.sample_every, draw, at_start=at_start)],
        finish=finish,
    )
