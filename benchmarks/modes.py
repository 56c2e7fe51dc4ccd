"""Modes covered by GANs of points: a table of runs, and their samples as one animation.

python -m keras_t2i.fit unrolled-gan-8-gaussians --gan.schedule.ahead 10 --run runs/k10
python -m benchmarks.modes runs/k0 runs/k1 runs/k5 runs/k10 --out modes.gif
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from PIL import Image

from benchmarks.asked import require_picture, require_runs
from benchmarks.logged import logged
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.points.task import PointsTask
from keras_t2i.training.run import Run

SIDE, FRAME = 192, 400  # pixels, milliseconds


@dataclass(frozen=True)
class Arguments:
    """Compare runs of points.

    Args:
        runs: Finished runs.
        out: The animation, a GIF.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path

    def check(self) -> None:
        """Refuse no run, and a place that takes no GIF.

        Raises:
            InputError: Such a value.
        """
        require_runs(self.runs)
        require_picture(self.out, ".gif")


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    what = "a run that draws points from noise"
    tasks = [opened(path, PointsTask, what) for path in arguments.runs]
    ends = [end_of(task.run) for task in tasks]
    films = [film_of(task.run) for task in tasks]
    print("| run | drawn to | modes | points in a mode | divergence, nats | D: real / fake |")
    print("|---|---|---|---|---|---|")
    for task, (told, last) in zip(tasks, ends, strict=True):
        print(
            f"| {task.run.path.name} | {drawn_to(task)} of {told['of']} | {told['modes']} "
            f"| {told['quality']:.3f} | {told['divergence']:.3f} "
            f"| {last['answer/real']:.3f} / {last['answer/fake']:.3f} |"
        )
    animation(films, arguments.out)


def drawn_to(task: PointsTask, count: int = 10_000) -> int:
    """Modes that are the nearest to at least a fifth of the points that an even draw gives them."""
    centres = task.experiment.mixture.centres
    points = task.points(task.gan, count)
    nearest = np.linalg.norm(points[:, None] - centres, axis=-1).argmin(1)
    return int((np.bincount(nearest, minlength=len(centres)) > 0.2 * count / len(centres)).sum())


def end_of(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary of a finished run, and the last terms that it logged.

    Raises:
        InputError: Training has not ended yet, or no answers of its critic were logged.
    """
    told = run.summary("gan")
    if told is None:
        raise InputError(f"{run.path}: its training has not ended yet.")
    answers = [terms for terms in logged(run) if "answer/real" in terms]
    if not answers:
        raise InputError(f"{run.path}: no answers of its critic were logged.")
    return told, answers[-1]


def film_of(run: Run) -> list[Path]:
    """The run's sample pictures, step by step.

    Raises:
        InputError: There are none.
    """
    pictures = sorted(run.samples.glob("samples-*.png"))
    if not pictures:
        raise InputError(f"{run.path}: its sample pictures are gone ({run.samples}).")
    return pictures


def animation(films: list[list[Path]], out: Path) -> None:
    """The films beside each other, as far as all go."""
    frames = []
    for pictures in zip(*films, strict=False):
        frame = Image.new("RGB", (SIDE * len(films), SIDE), "white")
        for i, picture in enumerate(pictures):
            with Image.open(picture) as image:
                frame.paste(image.convert("RGB").resize((SIDE, SIDE), 1), (i * SIDE, 0))
        frames.append(frame.quantize(32))
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=FRAME, loop=0)


if __name__ == "__main__":
    as_command(main)
