"""The kind of experiment that reads labels from pictures: a judge of generated ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.image_to_labels.stage import ClassifierStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras

    from keras_t2i.pipelines.records import Split
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.image_to_labels.networks import LabelClassifier


@dataclass(frozen=True)
class ImageToLabels(Experiment):
    """Pictures → labels.

    Args:
        classifier: The classifier's stage.
    """

    classifier: ClassifierStage = field(default_factory=ClassifierStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The classifier."""
        return (self.classifier,)

    def embedded_source(self) -> "Source":
        """The faces that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.faces import Faces

        return Faces()

    def task(self, run: Run, data: Path) -> "ImageToLabelsTask":
        """What the stage works with."""
        return ImageToLabelsTask(self, run, data)


@dataclass(frozen=True)
class ImageToLabelsTask(LabelledTask):
    """Task of a classifier."""

    experiment: ImageToLabels

    @cached_property
    def classifier(self) -> "LabelClassifier":
        """The classifier as far as it is trained."""
        stage = self.experiment.classifier
        model = stage.model(self.info.image_size, self.schema.width)
        return self.restore(model, stage.name)

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) to label logits float32 (N, n)."""
        return _read(self.classifier, pictures)

    def see(self) -> tuple[Callable[[np.ndarray], tuple[Any, Any]], list[np.ndarray]]:
        """What reads pictures (N, S, S, 3) in [−1, 1]: features, label logits; and its weights."""
        return self.classifier.see, self.classifier.get_weights()

    def scores(self, model: "LabelClassifier", split: "Split") -> dict[str, float]:
        """The share of labels read in all pictures of a split, all in all and by group."""
        from keras_t2i.metrics.condition_accuracy import labels_read_back
        from keras_t2i.pipelines.labels import label_vectors

        logits = _read(model, self.pictures(split, len(split.images)))
        found = labels_read_back(self.schema, logits, label_vectors(split))
        groups = {name: round(float(values.mean()), 4) for name, values in found.items()}
        return {"label_accuracy": round(float(np.mean(list(found.values()))), 4), **groups}

    def render(self, request: "GenerateOptions") -> NoReturn:
        """Refuse: a classifier draws nothing."""
        raise InputError(f"{request.run} is a classifier; it draws no pictures.")

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.image_to_labels.signatures import classifier_archive

        return classifier_archive(self.classifier, self.schema, self.info.image_size)

    example, example_text = None, ""


def _read(model: "LabelClassifier", pictures: np.ndarray) -> np.ndarray:
    from keras_t2i.images.batches import in_batches, scaled

    return in_batches(lambda rows: model(scaled(rows)), pictures)
