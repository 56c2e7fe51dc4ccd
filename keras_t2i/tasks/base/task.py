"""What the stages of an experiment work with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split


@dataclass(frozen=True)
class Task:
    """Data and trained parts of a run, read when first needed; each kind of system has its own.

    Args:
        experiment: The experiment.
        run: Its folder.
        data: The prepared data, if any are needed.
    """

    experiment: Experiment
    run: Run
    data: Path | None

    @cached_property
    def info(self) -> "DatasetInfo":
        """What is known of the data."""
        return self.run.info

    @property
    def image_size(self) -> int:
        """Side of the pictures; 1 where there are none."""
        return self.info.image_size if self.data else 1

    @cached_property
    def split(self) -> "Split":
        """The training split."""
        from keras_t2i.pipelines.records import read_split

        return read_split(self.data, "train")

    def with_generator(self, gan: Any) -> "Task":
        """The same task, whose GAN is another one, such as the one that is being trained."""
        other = replace(self)
        kept = {k: v for k, v in vars(self).items() if k != "sampler"}
        vars(other).update(kept | {"gan": gan})
        return other

    def seed(self) -> None:
        """Seed Keras: a stage's first weights depend on nothing that the process did before."""
        import keras

        keras.utils.set_random_seed(self.experiment.seed)

    def restore(self, model: Any, stage: str) -> Any:
        """The model with a stage's latest checkpoint in it.

        Raises:
            InputError: The run has none yet.
        """
        from keras_t2i.training.callbacks.checkpoints import manager, restore_into

        kept = self.run.stage(stage) / "best"
        if self.run.best and stage == self.experiment.stages[-1].name:
            if not kept.exists():
                raise InputError(
                    f"{self.run.path} has no best state: `fit --watch.every` keeps it."
                )
            saved = manager(model, kept)
        else:
            saved = manager(model, self.run.stage(stage) / "checkpoints")
        if not saved.latest_checkpoint:
            raise InputError(
                f"{self.run.path}: stage `{stage}` has no checkpoint yet; go on with `fit`."
            )
        restore_into(saved.checkpoint, saved.latest_checkpoint)
        return model

    def show(
        self, stage: str, name: str, picture: Any, step: int, captions: Sequence[str] = ()
    ) -> Path:
        """Keep a picture under the run's samples, as PNG and for TensorBoard; returns the file."""
        import tensorflow as tf

        from keras_t2i.images.grid import save_png

        path = self.run.samples / f"{name}-{step:07d}.png"
        save_png(picture, path)
        writer = tf.summary.create_file_writer(str(self.run.logs(stage)), filename_suffix=".images")
        with writer.as_default(step):
            tf.summary.image(name, np.asarray(picture)[None])
            if captions:
                tf.summary.text("captions", list(captions))
        writer.close()
        return path
