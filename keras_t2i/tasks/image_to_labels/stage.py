"""The one stage of a classifier of labelled pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.requirements import require_labels
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.stage import Given, Stage, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.image_to_labels.networks import LabelClassifier


@dataclass(frozen=True, kw_only=True)
class ClassifierGiven(Given):
    """Training data of a classifier.

    Args:
        split: The training pictures with their labels.
        labels: Number of labels n.
    """

    split: "Split"
    labels: int


@component
class ClassifierStage(Stage):
    """Trains a classifier on real pictures.

    Args:
        epochs: Number of visits of every picture.
        batch_size: Number of pictures per step.
        channels: Widths of the resolutions, each half as large as the one before.
        dropout: Share of the pooled features left out in training.
        learning_rate: Learning rate of Adam at first; it falls to 0 as a cosine.
        balanced: Whether every combination of labels is drawn equally often.
        data_augmentation: Random crop and mirror image of the training pictures.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
        checkpoint_minutes: Minutes between checkpoints.
    """

    epochs: int = 40
    batch_size: int = 64
    channels: tuple[int, ...] = (32, 64, 128, 256)
    dropout: Share = 0.3
    learning_rate: float = 2e-3
    balanced: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    precision: Precision = "auto"
    checkpoint_minutes: float = 2.0

    name, length = "classifier", "epochs"

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without labels."""
        require_labels(info)

    def model(self, image_size: int, labels: int, steps: int = 1) -> "LabelClassifier":
        """The classifier, untrained, for a training of `steps` steps."""
        import keras

        from keras_t2i.tasks.image_to_labels.networks import LabelClassifier

        schedule = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        with precision_policy(self.precision):
            return LabelClassifier(
                image_size=image_size,
                channels=self.channels,
                labels=labels,
                dropout=self.dropout,
                optimizer=keras.optimizers.Adam(schedule),
            )

    def build(self, given: ClassifierGiven) -> Training:
        """The stage on labelled pictures."""
        from keras_t2i.pipelines.labels import labelled_pictures
        from keras_t2i.training.hardware import jit_compile

        images = given.split.images
        batch_size = min(self.batch_size, len(images))
        interval = len(images) // batch_size
        steps = interval * self.epochs
        model = self.model(given.split.info.image_size, given.labels, steps)
        model.prepare(jit_compile=jit_compile(given.xla))
        return Training(
            model=model,
            dataset=lambda step, **options: labelled_pictures(
                given.split,
                batch_size,
                seed=given.seed,
                balanced=self.balanced,
                augmentation=self.data_augmentation,
                start_step=step,
                **options,
            ),
            steps=steps,
            interval=interval,
            epoch=interval,
            rows_per_step=batch_size,
            checkpoint_minutes=self.checkpoint_minutes,
            finish=lambda: given.finish(model),
        )
