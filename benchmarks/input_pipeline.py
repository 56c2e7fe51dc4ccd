"""Speed of the caption pipeline, beside a PyTorch `DataLoader` over the same small pictures.

    python benchmarks/input_pipeline.py --before CHECKOUT --peer-python VENV/bin/python

All sides take 76×76 pictures that are in memory, draw a caption, crop to 64×64 at random and flip
half of them: ours with tf.data, the peer with PIL in two workers. Ours gives uint8, as to a
training, which scales on its device, or float32 in [−1, 1] like the peer and an earlier state of
the code. They run in turn, each in a process of its own. Rates are medians over the turns: by the
clock, and by the processors' time of the process and its workers, in which other work on the
machine does not count.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

if TYPE_CHECKING:
    from keras_t2i.pipelines.batching import BatchOptions

HERE = Path(__file__).parents[1]
COUNT, STORED, SIZE, BATCH = 4096, 76, 64, 64


@dataclass(frozen=True)
class Arguments:
    """Compare input pipelines.

    Args:
        before: Checkout of an earlier state of the code, to compare with.
        peer_python: A Python that has PyTorch, NumPy and Pillow.
        rounds: Number of turns of each side.
        seconds: Length of a turn.
    """

    before: Path | None = None
    peer_python: Path | None = None
    rounds: int = 3
    seconds: float = 5.0


def main() -> None:
    import tyro  # which the peer's Python need not have

    arguments = tyro.cli(Arguments)
    own = Path(sys.executable)
    sides = {"keras-t2i, uint8": (own, "unscaled", HERE), "keras-t2i, float32": (own, "ours", HERE)}
    if arguments.before:
        sides["keras-t2i before, float32"] = (own, "ours", arguments.before)
    if arguments.peer_python:
        sides["PyTorch DataLoader, float32"] = (arguments.peer_python, "peer", HERE)
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(arguments.rounds):
        for name, (python, side, code) in sides.items():
            turns[name].append(turn(__file__, python, code, side, str(arguments.seconds)))
    for name, rates in turns.items():
        clock, processor = (round(statistics.median(column)) for column in zip(*rates, strict=True))
        print(json.dumps({"what": name, "rate": clock, "cpu_rate": processor}))


def turn(script: str, python: Path, code: Path, *words: str) -> tuple[float, float]:
    """Rates that a script's worker prints, in a process of its own on some state of the code."""
    child = subprocess.run(
        [str(python), script, "--worker", *words],
        capture_output=True, text=True, check=True, cwd=code,
        env={**os.environ, "PYTHONPATH": str(code)},
    )  # fmt: skip
    return tuple(json.loads(child.stdout.strip().splitlines()[-1]))


def pictures() -> np.ndarray:
    """uint8 (COUNT, STORED, STORED, 3)."""
    return np.random.default_rng(0).integers(0, 256, (COUNT, STORED, STORED, 3), dtype=np.uint8)


def rate(batches: Iterable, seconds: float) -> tuple[float, float]:
    """Pictures per second of an iterator of batches, the first ones left out.

    By the clock, and by the processors' time.
    """
    iterator = iter(batches)
    for _ in range(20):
        next(iterator)
    count, start, used = 0, time.perf_counter(), processor_time()
    while (spent := time.perf_counter() - start) < seconds:
        next(iterator)
        count += BATCH
    return count / spent, count / (processor_time() - used)


def processor_time() -> float:
    """Seconds of processors that this process and its living workers have used."""
    ticks = 0
    for worker in multiprocessing.active_children():
        # After the program's name, which may hold spaces.
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def ours(seconds: float, **options: "Unpack[BatchOptions]") -> tuple[float, float]:
    from keras_t2i.pipelines.captions import captioned_pictures
    from keras_t2i.pipelines.records import DatasetInfo, Split

    split = Split(
        images=pictures(),
        captions=[f"bird {i}" for i in range(10 * COUNT)],
        caption_starts=np.arange(COUNT + 1) * 10,
        labels=np.arange(COUNT) % 200,
        attributes=np.zeros((COUNT, 0), "int64"),
        ids=[str(i) for i in range(COUNT)],
        info=DatasetInfo("random", "none", SIZE, STORED, classes=tuple(map(str, range(200)))),
    )
    return rate(captioned_pictures(split, BATCH, **options), seconds)


def unscaled(seconds: float) -> tuple[float, float]:
    return ours(seconds, scaled=False)


def peer(seconds: float) -> tuple[float, float]:
    import torch
    from PIL import Image

    class Captioned(torch.utils.data.Dataset):
        def __init__(self) -> None:
            self.images = [Image.fromarray(image) for image in pictures()]

        def __len__(self) -> int:
            return 10**9

        def __getitem__(self, index: int) -> tuple:
            rng = np.random.default_rng(index)
            image = self.images[index % COUNT]
            left, top = rng.integers(0, STORED - SIZE + 1, 2)
            image = image.crop((left, top, left + SIZE, top + SIZE))
            if rng.random() < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            scaled = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1
            return scaled, f"bird {index % COUNT * 10 + rng.integers(10)}"

    loader = torch.utils.data.DataLoader(
        Captioned(), BATCH, num_workers=2, persistent_workers=True, prefetch_factor=4
    )
    return rate(loader, seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        side = {"ours": ours, "unscaled": unscaled, "peer": peer}[sys.argv[2]]
        print(json.dumps(side(float(sys.argv[3]))))
        # A DataLoader's workers would hold the process up.
        sys.stdout.flush()
    else:
        main()
