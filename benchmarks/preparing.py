"""Time of a preparation, beside earlier states of the code.

    python benchmarks/preparing.py --before CHECKOUT [CHECKOUT …]

Photographs of 640 × 480 pixels as JPEG become records for training at 256, and birds are drawn.
Each turn is a process of its own, whose imports are left out. The states of the code take turns,
and the ratios are medians over the rounds: other work on the machine meets all of them alike.
Prints the records of `results/speed-preparing.json`.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

import numpy as np
from PIL import Image

HERE = Path(__file__).parents[1]
BIRDS = 600


class Options(TypedDict, total=False):
    """Options of `prepare` that earlier states of the code do not know."""

    workers: int


@dataclass(frozen=True)
class Arguments:
    """Compare preparations.

    Args:
        before: Checkouts of earlier states of the code, each in a folder named after its commit.
        photographs: Number of JPEG files.
        rounds: Number of turns of each state of the code.
    """

    before: tuple[Path, ...] = ()
    photographs: int = 300
    rounds: int = 3


def main() -> None:
    import tyro

    arguments = tyro.cli(Arguments)
    codes = {**{path.name: path for path in arguments.before}, "now": HERE}
    # Name of the work, and further options of the present code.
    work: dict[str, tuple[str, Options]] = {
        "photographs": ("photographs", {}),
        "birds": ("birds", {}),
        "birds, two processes": ("birds", {"workers": 2}),
    }
    spent: dict[tuple[str, str], list[float]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        take_photographs(Path(folder) / "source", arguments.photographs)
        for _ in range(arguments.rounds):
            for name, (what, options) in work.items():
                for code, path in codes.items():
                    if options and code != "now":
                        continue
                    spent[name, code].append(turn(path, Path(folder), what, options))
    for (name, code), seconds in spent.items():
        what = work[name][0]
        now = spent[name, "now"]
        ratios = [a / b for a, b in zip(spent[what, code], now, strict=True)]
        record: dict[str, Any] = {"what": name, "code": code, "seconds": statistics.median(seconds)}
        if code != "now":
            record["ratio"] = round(statistics.median(ratios), 2)
        print(json.dumps(record))


def take_photographs(folder: Path, count: int) -> None:
    """Smooth pictures with the noise of a camera."""
    folder.mkdir()
    for i in range(count):
        draw = np.random.default_rng(i)
        coarse = Image.fromarray(draw.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((640, 480), Image.Resampling.BICUBIC), "float32")
        noisy = np.clip(smooth + draw.normal(0, 6, smooth.shape), 0, 255).astype("uint8")
        Image.fromarray(noisy).save(folder / f"{i:05d}.jpg", quality=92)


def turn(code: Path, folder: Path, what: str, options: Options) -> float:
    words = [sys.executable, __file__, "--worker", str(folder), what, json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(
        words, env=environment, cwd=code, capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout.strip().splitlines()[-1]))


def worker(folder: Path, what: str, options: Options) -> float:
    """Seconds that a preparation takes."""
    import tensorflow as tf

    import pipelines.prepare
    from pipelines.sources.birds import Birds
    from pipelines.sources.plain import Pictures

    tf.train.Example()  # loads what is loaded late
    assert Path(pipelines.prepare.__file__).parents[1] == Path.cwd()
    sources: dict[str, Any] = {
        "photographs": (Pictures(folder / "source"), 256),
        "birds": (Birds(pictures=BIRDS), 64),
    }
    source, side = sources[what]
    start = time.perf_counter()
    with TemporaryDirectory(dir=folder) as out:
        pipelines.prepare.prepare(source, Path(out) / "data", side, **options)
        return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(worker(Path(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))))
    else:
        main()
