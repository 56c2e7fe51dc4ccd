"""The one stage of a classifier of labelled pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keras_t2i.training.hardware import Precision, precision_policy

if TYPE_CHECKING:
    from keras_t2i.tasks.image_to_labels.networks import LabelClassifier
    from keras_t2i.tasks.image_to_labels.task import ImageToLabelsTask
    from keras_t2i.training.loop import Training


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

    def build(self, task: "ImageToLabelsTask") -> "Training":
        """The stage on the task's pictures."""
        from keras_t2i.pipelines.labels import labelled_pictures
        from keras_t2i.training.hardware import jit_compile
        from keras_t2i.training.loop import Training

        experiment = task.experiment
        batch_size = min(self.batch_size, len(task.split.images))
        interval = len(task.split.images) // batch_size
        task.seed()
        model = self.model(task.info.image_size, task.schema.width, interval * self.epochs)
        model.prepare(jit_compile=jit_compile(experiment.xla))

        def finish() -> dict[str, Any]:
            return {
                "train": task.scores(model, task.split),
                task.unseen_name: task.scores(model, task.unseen),
            }

        return Training(
            model=model,
            dataset=lambda step: labelled_pictures(
                task.split,
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
