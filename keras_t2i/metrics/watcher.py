"""Scores while a GAN trains, and its best state kept."""

import shutil
from dataclasses import replace

import keras

from keras_t2i.metrics import results_log
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.sampled import run_pictures
from keras_t2i.metrics.scoring import Measurement, protocols_named, scores_of
from keras_t2i.tasks.base.task import Task
from keras_t2i.training.callbacks.checkpoints import manager
from keras_t2i.training.run import Run, read_json, write_json
from keras_t2i.training.tracked_model import TrackedModel


class Watcher(keras.callbacks.Callback):
    """Evaluates as `EvalSchedule` says.

    Args:
        protocol: The score.
        real: What all evaluations share; see `EvalSchedule.collect`.
        task: Of the run.
        stage: Name of the stage that is trained.
        steps: Steps between evaluations.
    """

    def __init__(
        self, protocol: str, real: EvaluationInputs, task: Task, stage: str, steps: int
    ) -> None:
        super().__init__()
        self._protocols, self._real = protocols_named([protocol]), real
        self._workshop, self._steps = task, steps
        self._run, self._stage = task.run, stage
        self._last: int | None = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Remember where the training (re)starts."""
        if self._last is None:
            self._last = int(self.model.step.numpy()) // self._steps

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Evaluate when a new stretch has begun."""
        step = int(self.model.step.numpy())
        if step // self._steps != self._last:
            self._last = step // self._steps
            self._evaluate()

    def _evaluate(self) -> None:
        drawing = self._workshop.with_generator(self.model)
        fake = run_pictures(drawing, self._real.fake.conditions, self._real.seed)
        inputs = replace(self._real, fake=fake, notes=[], encode=getattr(drawing, "encode", None))
        scored = scores_of(inputs, self._protocols, required=True)
        inputs.store.forget(fake)
        results_log.append(self._run.path / "evaluation", scored, inputs)
        results_log.to_tensorboard(self._run.logs("evaluation"), scored, fake.step)
        keep_if_best(self._run, self._stage, self.model, scored[0])


def keep_if_best(run: Run, stage: str, model: TrackedModel, scored: Measurement) -> bool:
    """Keep the model's state in `STAGE/best` if no earlier one scored better.

    Returns:
        Whether it was kept.
    """
    folder, score = run.stage(stage) / "best", scored.score
    note = folder / "best.json"
    if note.exists():
        held = read_json(note)
        same = (held["name"], held["protocol"]) == (score.name, score.protocol)
        sign = -1.0 if score.better == "lower" else 1.0
        if same and sign * score.value <= sign * held["value"]:
            return False
    partial = run.stage(stage) / ".best.partial"
    shutil.rmtree(partial, ignore_errors=True)
    manager(model, partial).save(checkpoint_number=scored.step)
    held = {"step": scored.step, "name": score.name, "value": score.value}
    write_json(partial / "best.json", {**held, "protocol": score.protocol})
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return True
