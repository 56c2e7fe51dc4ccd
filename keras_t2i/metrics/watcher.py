"""The callback that scores a generator while it trains, and keeps its best state."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_t2i.metrics import results_log
from keras_t2i.metrics.inputs import Encode, EvaluationInputs, Reference
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.protocols import ScoringProtocol
from keras_t2i.metrics.sampled import sampled_pictures
from keras_t2i.metrics.scoring import Measurement, scores_of
from keras_t2i.metrics.subject import Generates
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.pipelines.whole_folder import recover, whole_folder
from keras_t2i.training import checkpoint
from keras_t2i.training.cluster import agreed, is_chief, of_chief
from keras_t2i.training.run import Run, read_note
from keras_t2i.training.tracked_model import TrackedModel

_NOTE = "best.json"


class Watcher(keras.callbacks.Callback):
    """Evaluates at the first end of an interval in each stretch of steps, and at the last step.

    Scores go to the run's metrics.jsonl and to TensorBoard.

    Args:
        reference: References that all evaluations share.
        protocols: Protocols to compute; the first score decides which state is the best.
        subject_of: Function from the model in training to its scored generator.
        encode: The text encoder that pictures are drawn with, if there is one.
        learned_by: sha256 of the networks by which the generator learns.
        run: The run folder.
        stage: Name of the stage that is trained.
        every: Number of steps of a stretch.
        interval: Steps of an interval.
        steps: Number of the last step.
    """

    def __init__(
        self,
        reference: Reference,
        protocols: Sequence[ScoringProtocol],
        *,
        subject_of: Callable[[TrackedModel], Generates],
        encode: Encode | None,
        learned_by: frozenset[str],
        run: Run,
        stage: str,
        every: int,
        interval: int,
        steps: int,
    ) -> None:
        super().__init__()
        self._reference, self._protocols = reference, protocols
        self._subject_of, self._encode, self._learned_by = subject_of, encode, learned_by
        self._run, self._stage = run, stage
        self._every, self._interval, self._steps = every, interval, steps

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Remember where the training (re)starts, and see that its pictures can be drawn."""
        self._stretch = (self._step - self._step % self._interval) // self._every
        two = self._reference.conditions[np.arange(2)]
        fake = sampled_pictures(self._subject_of(self.model), str(self._run.path), two, seed=0)
        fake.read(np.arange(2))
        if is_chief():
            for note in self._inputs(fake).notes:
                print(note, file=sys.stderr)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate when a new stretch has begun, or nothing comes after."""
        stretch = self._step // self._every
        last = self._step >= self._steps or self.model.stop_training
        if last or stretch != self._stretch:
            self._stretch = stretch
            self._evaluate()

    @property
    def _step(self) -> int:
        return int(self.model.step.numpy())

    def _evaluate(self) -> None:
        reference, store = self._reference, self._reference.store
        subject = self._subject_of(self.model)
        name = str(self._run.path)
        fake = sampled_pictures(subject, name, reference.conditions, reference.seed)
        inputs = self._inputs(fake)
        scored = scores_of(inputs, self._protocols, required=True)
        store.forget(fake)
        results_log.append(self._run.path / "evaluation", scored, inputs, watched=True)
        results_log.to_tensorboard(self._run.logs("evaluation"), scored, self._step)
        keep_if_best(self._run, self._stage, self.model, scored[0])

    def _inputs(self, fake: PictureSet) -> EvaluationInputs:
        return self._reference.judging(fake, self._encode, self._learned_by)


def keep_if_best(run: Run, stage: str, model: TrackedModel, scored: Measurement) -> bool:
    """Keep the model's state in `STAGE/best` if no earlier one scored better.

    A kill at any moment leaves the best state of before or the new one; the former may have been
    set aside, from where `recover` of `pipelines.whole_folder` gives it back.

    Args:
        run: The run folder.
        stage: Name of the stage.
        model: The model in training.
        scored: Score of the model.

    Returns:
        Whether it was kept.
    """
    folder, score = run.stage(stage) / "best", scored.score
    recover(folder)
    better = not folder.exists() or _is_better(scored, read_note(folder / _NOTE))
    if not any(agreed(of_chief(better))):
        return False
    with whole_folder(folder, _NOTE, overwrite=True) as partial:
        checkpoint.save(model, partial)
        note = {"name": score.name, "value": score.value, "protocol": score.protocol}
        write_json(partial / _NOTE, {"step": scored.step, **note})
    return True


def _is_better(scored: Measurement, held: dict[str, Any]) -> bool:
    """Whether a score is better than the one of a note, or of another kind; or none is noted."""
    score = scored.score
    if (held.get("name"), held.get("protocol")) != (score.name, score.protocol):
        return True
    if score.better == "lower":
        return score.value < held["value"]
    return score.value > held["value"]
