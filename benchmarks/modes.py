"""Modes covered by GANs of points: a table of runs, and their samples as one animation.

python -m keras_t2i.fit unrolled-gan-8-gaussians --gan.schedule.ahead 10 --run runs/k10
python -m benchmarks.modes runs/k0 runs/k1 runs/k5 runs/k10 --out modes.gif
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image

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


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    what = "a run that draws points from noise"
    runs = [opened(path, PointsTask, what) for path in arguments.runs]
    print("| run | drawn to | modes | points in a mode | divergence, nats | D: real / fake |")
    print("|---|---|---|---|---|---|")
    for task in runs:
        told = task.run.summary("gan")
        if told is None:
            raise InputError(f"{task.run.path}: its training has not ended yet.")
        last = [line for line in lines(task.run) if "answer/real" in line][-1]
        print(
            f"| {task.run.path.name} | {drawn_to(task)} of {told['of']} | {told['modes']} "
            f"| {told['quality']:.3f} | {told['divergence']:.3f} "
            f"| {last['answer/real']:.3f} / {last['answer/fake']:.3f} |"
        )
    animation([task.run for task in runs], arguments.out)


def drawn_to(task: PointsTask, count: int = 10_000) -> int:
    """Modes that are the nearest to at least a fifth of the points that an even draw gives them."""
    centres = task.experiment.mixture.centres
    points = task.points(task.gan, count)
    nearest = np.linalg.norm(points[:, None] - centres, axis=-1).argmin(1)
    return int((np.bincount(nearest, minlength=len(centres)) > 0.2 * count / len(centres)).sum())


def lines(run: Run) -> list[dict]:
    """Terms that the run logged, interval by interval."""
    return [json.loads(line) for line in (run.logs("gan") / "log.jsonl").read_text().splitlines()]


def animation(runs: list[Run], out: Path) -> None:
    """The runs' sample pictures beside each other, step by step."""
    films = [sorted(run.samples.glob("samples-*.png")) for run in runs]
    frames = []
    for pictures in zip(*films, strict=False):
        frame = Image.new("RGB", (SIDE * len(runs), SIDE), "white")
        for i, picture in enumerate(pictures):
            with Image.open(picture) as opened:
                frame.paste(opened.convert("RGB").resize((SIDE, SIDE), 1), (i * SIDE, 0))
        frames.append(frame.quantize(32))
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=FRAME, loop=0)


if __name__ == "__main__":
    as_command(main)
