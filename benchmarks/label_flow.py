"""A flow of labels by strengths of its guidance and by steps, beside a GAN of labels.

    python -m benchmarks.label_flow runs/faces-flow --beside runs/faces --data data/faces \
        --judge runs/judge --extractor squeezenet_v1_0.npz --out table.json

Every row draws a picture for the labels of each unseen one, from the same seeds. Labels are read by
the first stage that guides, and by a classifier that took no part. Both runs should have the same
first stage (`fit --reuse`). Times are of drawing alone, after a first call that traces.
"""

import json
import time
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from benchmarks.asked import at_least
from benchmarks.opening import opened
from keras_t2i.pipelines.arguments import whole_number
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.writable import require_file
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.image_to_labels.task import ImageToLabelsTask
from keras_t2i.tasks.labels_to_image.drawing_task import LabelDrawingTask
from keras_t2i.tasks.labels_to_image.flow_guidance import ClassifierGuidance
from keras_t2i.tasks.labels_to_image.flow_solvers import Euler, Heun, Solver
from keras_t2i.tasks.labels_to_image.flow_task import LabelsToImageByFlowTask
from keras_t2i.tasks.labels_to_image.task import LabelsToImageTask

if TYPE_CHECKING:
    from keras_t2i.metrics.extractors import Extractor


@dataclass(frozen=True)
class Arguments:
    """Draw and score.

    Args:
        run: A run of a flow of labels.
        beside: A run of a GAN of labels.
        data: The prepared data of both.
        judge: A run of `label-classifier` on the same data.
        extractor: The network of the features, as `evaluate` takes it.
        out: A JSON file for the rows.
        count: Number of pictures of each row.
        strengths: Strengths of the guidance, at the run's own solver.
        steps: Steps of Euler's and of Heun's solver, at the run's own guidance.
    """

    run: Annotated[Path, tyro.conf.Positional]
    beside: Path
    data: Path
    judge: Path
    extractor: str
    out: Path
    count: int = 200
    strengths: tuple[float, ...] = (0.0, 1.0, 4.0, 16.0)
    steps: tuple[int, ...] = (5, 10, 20)

    def check(self) -> None:
        """Refuse numbers that mean nothing, and a place that takes no file.

        Raises:
            InputError: Fewer than two pictures, a strength that is negative or not finite, no step,
                or such a place.
        """
        at_least(self, count=2)
        for strength in self.strengths:
            if not 0 <= strength < inf:
                raise InputError(
                    f"--strengths must be finite, and not negative. Received: {strength}."
                )
        for steps in self.steps:
            whole_number(steps, "--steps", 1)
        require_file(self.out, "--out")


@dataclass(frozen=True)
class Row:
    """Scores of a way of drawing.

    Args:
        name: Name of the way of drawing.
        step: Number of its training's last step.
        passes: Passes through the drawing network for a picture.
        seconds: Seconds for a picture.
        guide: Share of the labels that the first stage reads.
        judge: Share of the labels that the judge reads.
        frechet: Fréchet distance to unseen pictures.
    """

    name: str
    step: int
    passes: int
    seconds: float
    guide: float
    judge: float
    frechet: float


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.metrics.extractors.finding import find_extractor

    data = arguments.data
    flow = opened(arguments.run, LabelsToImageByFlowTask, "a run of a flow of labels", data)
    gan = opened(arguments.beside, LabelsToImageTask, "a run of a GAN of labels", data)
    judge = opened(arguments.judge, ImageToLabelsTask, "a run of `label-classifier`", data)
    for task in (flow, gan, judge):
        require_fit(task)
    scores = Scores(judge, find_extractor(arguments.extractor), arguments.count)
    rows = [scores.row("GAN", gan, 1)]
    stage = flow.experiment.flow
    for strength in arguments.strengths:
        guided = flow.drawing_by(guidance=ClassifierGuidance(strength))
        rows.append(scores.row(f"strength {strength:g}", guided, passes(stage.solver)))
    for kind in (Euler, Heun):
        for steps in arguments.steps:
            solver = kind(steps)
            solved = flow.drawing_by(solver=solver)
            rows.append(scores.row(f"{kind.__name__}, {steps} steps", solved, passes(solver)))
    arguments.out.write_text(json.dumps([asdict(row) for row in rows], indent=1), "utf-8")


def require_fit(task: LabelledTask) -> None:
    """Refuse a run that does not fit the data, or that cannot read labels.

    Raises:
        InputError: Other labels or another size than the data's, no labels read, or not trained.
    """
    info = task.unseen.info
    labels = AttributeSchema(info.attributes).labels
    if (task.schema.labels, task.info.image_size) != (labels, info.image_size):
        raise InputError(f"{task!r} was trained with other labels or another size than --data has.")
    task.classifier()


def passes(solver: Solver) -> int:
    """Passes through the velocity's network for a picture."""
    return solver.steps * (2 if isinstance(solver, Heun) else 1)


class Scores:
    """Scores of pictures for the labels of unseen ones.

    Args:
        judge: The judge, which brings the unseen pictures along.
        network: The network of the features.
        count: Number of pictures of each row.
    """

    def __init__(self, judge: ImageToLabelsTask, network: "Extractor", count: int) -> None:
        from keras_t2i.pipelines.labels import label_vectors

        self._judge, self._network = judge, network
        unseen = judge.unseen
        rows = np.arange(count) % len(unseen.images)
        self._labels = label_vectors(unseen)[rows].astype("float32")
        real = judge.spread_pictures(unseen, len(unseen.images))
        self._real = self._features(real)

    def row(self, name: str, task: LabelDrawingTask, passes: int) -> Row:
        """Draw with a task, and score."""
        from keras_t2i.metrics.condition_accuracy import condition_accuracy
        from keras_t2i.metrics.frechet import frechet_distance, moments

        seeds = range(1000, 1000 + len(self._labels))
        task.sampler.sample(self._labels, seeds)
        start = time.perf_counter()
        pictures = task.sampler.sample(self._labels, seeds)
        seconds = (time.perf_counter() - start) / len(pictures)
        judged = self._judge.classifier().features_and_logits(pictures / np.float32(127.5) - 1)[1]
        found = Row(
            name,
            task.sampler.step,
            passes,
            round(seconds, 4),
            round(condition_accuracy(task.schema, task.sampler.read(pictures), self._labels), 3),
            round(condition_accuracy(task.schema, np.asarray(judged), self._labels), 3),
            round(frechet_distance(moments(self._features(pictures)), moments(self._real))),
        )
        print(found, flush=True)
        return found

    def _features(self, pictures: np.ndarray) -> np.ndarray:
        from keras_t2i.metrics.resizing import clean

        return self._network(clean(pictures, self._network.size))["features"]


if __name__ == "__main__":
    as_command(main)
