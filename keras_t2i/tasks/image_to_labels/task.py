"""Pictures to labels: a judge of generated ones."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.image_to_labels.stage import ClassifierGiven, ClassifierStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras

    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.image_to_labels.networks import LabelClassifier


@component
class ImageToLabels(TaskExperiment):
    """Pictures → labels.

    Args:
        classifier: The classifier's stage.
    """

    classifier: ClassifierStage = field(default_factory=ClassifierStage)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The classifier."""
        return (self.classifier,)

    def drawn_source(self) -> Any:
        """The faces that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.faces import Faces

        return Faces()

    def task(self, run: Run, data: Path | None = None) -> "ImageToLabelsTask":
        """The task of a run of this experiment."""
        return ImageToLabelsTask(self, run, data)


class ImageToLabelsTask(LabelledTask):
    """A run that reads labels in pictures."""

    kind = "a classifier, which draws no pictures"
    experiment: ImageToLabels

    @cached_property
    def model(self) -> "LabelClassifier":
        """The classifier as far as it is trained."""
        return self.trained(self.experiment.classifier)

    def model_of(self, stage: Stage) -> "LabelClassifier":
        """The untrained classifier."""
        return self.experiment.classifier.model(self.info.image_size, self.schema.width)

    def build(self, stage: Stage) -> Training:
        """The training of the classifier."""
        return self.experiment.classifier.build(
            ClassifierGiven(
                split=self.split,
                labels=self.schema.width,
                draw=_draws_nothing,
                finish=self.finish,
                **self.common(),
            )
        )

    def finish(self, model: "LabelClassifier") -> dict[str, Any]:
        """The share of labels read in the training pictures and in unseen ones."""
        return {
            "train": self.scores(model, self.split),
            self.unseen_name: self.scores(model, self.unseen),
        }

    def scores(self, model: "LabelClassifier", split: "Split") -> dict[str, float]:
        """The share of labels read in all pictures of a split, all in all and by group."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.metrics.condition_accuracy import labels_read_back
        from keras_t2i.pipelines.labels import label_vectors

        pictures = self.spread_pictures(split, len(split.images))
        logits = in_batches(lambda rows: model(scaled(rows)), pictures)
        found = labels_read_back(self.schema, logits, label_vectors(split))
        groups = {name: round(float(values.mean()), 4) for name, values in found.items()}
        return {"label_accuracy": round(float(np.mean(list(found.values()))), 4), **groups}

    def classifier(self) -> "Reader":
        """The classifier, which reads labels in pictures."""
        return Reader(self.schema.labels, self.info.image_size, self.model)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.image_to_labels.signatures import classifier_archive

        return classifier_archive(self.model, self.schema, self.info.image_size)

    def example_inputs(self) -> dict[str, Any]:
        """A picture."""
        from keras_t2i.exporting.warmup import grey_png

        return {"image_bytes": grey_png(self.info.image_size)}


@dataclass(frozen=True)
class Reader:
    """Reads labels in pictures (`metrics.subject.ReadsLabels`).

    Args:
        labels: Names of the labels.
        image_size: Side of the pictures.
        model: The classifier, trained.
    """

    labels: tuple[str, ...]
    image_size: int
    model: "LabelClassifier"

    def fingerprint(self) -> str:
        """sha256 of the weights that read."""
        from keras_t2i.training.tracked_model import fingerprint_of

        return fingerprint_of(self.model.get_weights())

    def features_and_logits(self, images: np.ndarray) -> tuple[Any, Any]:
        """Pictures float32 (N, S, S, 3) in [−1, 1] → features (N, D), label logits (N, n)."""
        return self.model.features_and_logits(images)


def _draws_nothing(model: Any, step: int) -> Path:
    raise TypeError("a classifier has no samples")
