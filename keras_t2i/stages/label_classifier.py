"""The one stage of a classifier of labelled pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_t2i.hardware import Precision, precision_policy

if TYPE_CHECKING:
    from keras_t2i.labels_from_image import ClassifierWorkshop
    from keras_t2i.models.label_classifier import LabelClassifier
    from keras_t2i.training import Training


@dataclass(frozen=True)
class ClassifierStage:
    """Trains a classifier on real pictures.

    Args:
        epochs: Visits of every picture.
        batch_size: Pictures a step.
        channels: Width a resolution, each half of the one before.
        dropout: Share of the pooled features left out in training.
        learning_rate: Adam's at first; it falls to 0 as a cosine.
        balanced: Draw every combination of labels equally often.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 40
    batch_size: int = 64
    channels: tuple[int, ...] = (32, 64, 128, 256)
    dropout: float = 0.3
    learning_rate: float = 2e-3
    balanced: bool = False
    precision: Precision = "auto"
    checkpoint_minutes: float = 2.0

    name = "classifier"

    def model(self, image_size: int, labels: int, steps: int = 1) -> "LabelClassifier":
        """The classifier, untrained, for a training of `steps` steps."""
        import keras

        from keras_t2i.models.label_classifier import LabelClassifier

        schedule = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        with precision_policy(self.precision):
            return LabelClassifier(
                image_size=image_size,
                channels=self.channels,
                labels=labels,
                dropout=self.dropout,
                optimizer=keras.optimizers.Adam(schedule),
            )

    def build(self, workshop: "ClassifierWorkshop") -> "Training":
        """The stage on the workshop's pictures."""
        from keras_t2i.hardware import jit_compile
        from keras_t2i.training import Training
        from pipelines.labels import labelled_pictures

        experiment = workshop.experiment
        batch_size = min(self.batch_size, len(workshop.split.images))
        interval = len(workshop.split.images) // batch_size
        workshop.seed()
        model = self.model(workshop.info.image_size, workshop.schema.width, interval * self.epochs)
        model.prepare(jit_compile=jit_compile(experiment.xla))

        def finish() -> dict[str, Any]:
            return {
                "train": workshop.scores(model, workshop.split),
                workshop.unseen_name: workshop.scores(model, workshop.unseen),
            }

        return Training(
            model=model,
            dataset=lambda step: labelled_pictures(
                workshop.split,
                batch_size,
                seed=experiment.seed,
                balanced=self.balanced,
                start_step=step,
            ),
            steps=interval * self.epochs,
            interval=interval,
            rows_per_step=batch_size,
            checkpoint_minutes=self.checkpoint_minutes,
            finish=finish,
        )
