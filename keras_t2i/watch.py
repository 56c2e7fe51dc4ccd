"""Evaluations while a run trains."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_t2i.callbacks.watcher import Watcher
    from keras_t2i.metrics.evidence import Evidence
    from keras_t2i.workshop import Workshop


@dataclass(frozen=True)
class Watch:
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

    def gather(self, workshop: "Workshop") -> "Evidence":
        """What all evaluations of a training share; the fakes in it are only asked for, not drawn.

        Raises:
            InputError: The protocol, the extractor, the judge or the split cannot be used.
        """
        from keras_t2i.metrics.extractors.download import cache_folder
        from keras_t2i.metrics.features import FeatureStore
        from keras_t2i.metrics.gathering import real_evidence
        from keras_t2i.metrics.scoring import protocols_named

        protocols_named([self.protocol])
        return real_evidence(
            workshop.data,
            self.split,
            self.count,
            seed=0,
            extractor=self.extractor,
            judge=self.judge,
            store=FeatureStore(cache_folder() / "features"),
        )

    def watcher(
        self, real: "Evidence", workshop: "Workshop", stage: str, rows_per_step: int
    ) -> "Watcher":
        """The callback of a stage."""
        from keras_t2i.callbacks.watcher import Watcher

        steps = self.every * max(1, len(workshop.split.images) // rows_per_step)
        return Watcher(self.protocol, real, workshop, stage, steps)
