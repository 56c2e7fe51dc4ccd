"""Schedule of the evaluations of a training, and their settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro
from annotated_types import Ge

from keras_t2i.components.bounds import FromZero, check_numbers
from keras_t2i.metrics.extractors.finding import require_extractor
from keras_t2i.metrics.protocols import known_names, protocols_named
from keras_t2i.metrics.subject import Generates
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.field_types import check_types
from keras_t2i.pipelines.spelling import did_you_mean

if TYPE_CHECKING:
    from keras_t2i.metrics.extractors.finding import OpenClassifier
    from keras_t2i.metrics.inputs import Encode, Reference
    from keras_t2i.metrics.watcher import Watcher
    from keras_t2i.training.run import Run
    from keras_t2i.training.tracked_model import TrackedModel


@dataclass(frozen=True)
class EvalSchedule:
    """A small evaluation now and then; the state with the best score is kept for --best.

    Args:
        every: Epochs between evaluations, and one more after the last step; 0 for none.
        extractor: Network that computes the features; see `evaluate --help`.
        extractor_range: Values of black and white for a network that takes floats, such as -1 1.
        judge: Run that reads labels, for the protocol `conditions`.
        split: Split whose real pictures, captions and labels are used.
        count: Number of pictures to draw.
    """

    every: FromZero = 0
    protocol: Annotated[
        str, tyro.conf.arg(help="Score to compute.", help_behavior_hint=known_names)
    ] = "frechet"
    extractor: str | None = None
    extractor_range: tuple[float, float] | None = None
    judge: Path | None = None
    split: str = "test"
    count: Annotated[int, Ge(2)] = 500

    def check(self, info: DatasetInfo | None) -> None:
        """Refuse a schedule that can be seen to be wrong before any network is loaded.

        Args:
            info: Description of the data set; `None` of an experiment that needs none.

        Raises:
            InputError: A value of another type or out of its bounds; or no such protocol, split,
                extractor or judge.
        """
        check_types(self, "watch")
        check_numbers(self, "watch")
        if not self.every:
            return
        if info is None:
            raise InputError("--watch.every: this experiment draws no pictures to be scored.")
        protocols_named([self.protocol])
        if self.split not in info.splits:
            hint = did_you_mean(self.split, info.splits)
            raise InputError(
                f"--watch.split {self.split}: the data have {', '.join(info.splits)}.{hint}"
            )
        require_extractor(self.extractor, "--watch.extractor")
        if self.judge and not (self.judge / "experiment.json").exists():
            raise InputError(f"--watch.judge {self.judge}: not a run (it has no experiment.json).")

    def reference(self, data: Path | None, open_classifier: "OpenClassifier") -> "Reference":
        """References of all evaluations of a training, tried out on noise before hours of training.

        Args:
            data: Folder of the data set; `None` of a run that needs none.
            open_classifier: Function that opens a run as a network that reads labels.

        Raises:
            InputError: There are no pictures to compare with, or the protocol, the extractor, the
                judge, the split or the count cannot be used.
        """
        from keras_t2i.metrics.collect import collect
        from keras_t2i.metrics.extractors.finding import find_extractor, run_classifier
        from keras_t2i.metrics.features import FeatureStore
        from keras_t2i.metrics.pictures import noise_pictures
        from keras_t2i.metrics.scoring import scores_of
        from keras_t2i.pipelines.fetching import cache_folder

        if data is None:
            raise InputError("--watch.every: this experiment draws no pictures to be scored.")
        protocols = protocols_named([self.protocol])
        reference = collect(
            data=data,
            split=self.split,
            count=self.count,
            extractor=find_extractor(self.extractor, self.extractor_range, open_classifier),
            judge=run_classifier(self.judge, open_classifier) if self.judge else None,
            store=FeatureStore(cache_folder() / "features"),
        )
        size = DatasetInfo.load(data).image_size
        noise = noise_pictures(size, self.count, reference.seed)
        asked = replace(noise, conditions=reference.conditions)
        scores_of(reference.judging(asked, _any_embedding), protocols, required=True)
        return reference

    def watcher(
        self,
        reference: "Reference",
        *,
        subject_of: "Callable[[TrackedModel], Generates]",
        run: "Run",
        stage: str,
        epoch_steps: int,
        interval: int,
        steps: int,
        encode: "Encode | None" = None,
        learned_by: frozenset[str] = frozenset(),
    ) -> "Watcher":
        """The callback of a stage that evaluates it.

        Args:
            reference: References that all evaluations share.
            subject_of: Function from the model in training to its scored generator.
            run: The run folder, for the scores and the best state.
            stage: Name of the stage.
            epoch_steps: Steps of an epoch of the stage.
            interval: Steps of an interval of the stage, at whose ends it is evaluated.
            steps: Number of the stage's last step.
            encode: The text encoder that pictures are drawn with, if there is one.
            learned_by: sha256 of the networks by which the generator learns.
        """
        from keras_t2i.metrics.watcher import Watcher

        return Watcher(
            reference,
            protocols_named([self.protocol]),
            subject_of=subject_of,
            encode=encode,
            learned_by=learned_by,
            run=run,
            stage=stage,
            every=self.every * max(1, epoch_steps),
            interval=interval,
            steps=steps,
        )


def _any_embedding(captions: Sequence[str]) -> np.ndarray:
    """Stands for an encoder that is not trained yet: float32 (N, 2)."""
    return np.array([[len(each), sum(each.encode()) % 97] for each in captions], "float32")
