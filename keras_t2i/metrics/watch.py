"""Evaluations while a run trains."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_t2i.metrics.inputs import EvaluationInputs
    from keras_t2i.metrics.watcher import Watcher
    from keras_t2i.tasks.base.task import Task


@dataclass(frozen=True)
class EvalSchedule:
    """A small evaluation now and then; the state with the best score is kept for --best.

    Args:
        every: Epochs between evaluations; 0 for none.
        protocol: The score.
        extractor: The network that sees the pictures; see `evaluate --help`.
        judge: A run that reads labels, for the protocol `conditions`.
        split: Of the unseen real pictures.
        count: Pictures drawn.
    """

    every: int = 0
    protocol: str = "frechet"
    extractor: str | None = None
    judge: Path | None = None
    split: str = "test"
    count: int = 500

    def collect(self, task: "Task") -> "EvaluationInputs":
        """What all evaluations of a training share; the fakes in it are only asked for, not drawn.

        Raises:
            InputError: The protocol, the extractor, the judge or the split cannot be used.
        """
        from keras_t2i.metrics.collect import real_inputs
        from keras_t2i.metrics.extractors.download import cache_folder
        from keras_t2i.metrics.features import FeatureStore
        from keras_t2i.metrics.scoring import protocols_named

        protocols_named([self.protocol])
        return real_inputs(
            task.data,
            self.split,
            self.count,
            seed=0,
            extractor=self.extractor,
            judge=self.judge,
            store=FeatureStore(cache_folder() / "features"),
        )

    def watcher(
        self, real: "EvaluationInputs", task: "Task", stage: str, rows_per_step: int
    ) -> "Watcher":
        """The callback of a stage."""
        from keras_t2i.metrics.watcher import Watcher

        steps = self.every * max(1, len(task.split.images) // rows_per_step)
        return Watcher(self.protocol, real, task, stage, steps)
