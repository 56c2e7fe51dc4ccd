"""Modes covered by GANs of points: a table of runs, and their samples as one animation.

python -m keras_t2i.fit unrolled-gan-8-gaussians --gan.schedule.ahead 10 --run runs/k10
python -m benchmarks.modes runs/k0 runs/k1 runs/k5 runs/k10 --out modes.gif
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from PIL import Image

from keras_t2i.run import Run

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
    runs = [Run(path) for path in arguments.runs]
    print("| run | modes | points in a mode | divergence, nats | D on real / fake | steps/s |")
    print("|---|---|---|---|---|---|")
    for run in runs:
        told = run.summary("gan")
        last = [line for line in lines(run) if "answer/real" in line][-1]
        rows = run.experiment.gan.batch_size * run.experiment.gan.schedule.batches
        print(
            f"| {run.path.name} | {told['modes']} of {told['of']} | {told['quality']:.3f} "
            f"| {told['divergence']:.3f} | {last['answer/real']:.2f} / {last['answer/fake']:.2f} "
            f"| {told['rows_per_second'] / rows:.0f} |"
        )
    animation(runs, arguments.out)


def lines(run: Run) -> list[dict]:
    """What the run reported, interval by interval."""
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
    main()
