"""Speed of the caption pipeline, beside a PyTorch `DataLoader` over the same small pictures.

    python benchmarks/input_pipeline.py --peer-python VENV/bin/python

Both sides take 76×76 pictures that are in memory, draw a caption, crop to 64×64 at random, flip
half of them and scale to [−1, 1]: ours with tf.data, the peer with PIL in two workers. They run in
turn, each in a process of its own; pictures per second are medians over the turns.
"""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COUNT, STORED, SIZE, BATCH = 4096, 76, 64, 64


@dataclass(frozen=True)
class Arguments:
    """Compare input pipelines.

    Args:
        peer_python: A Python that has PyTorch, NumPy and Pillow; without it only ours is measured.
        rounds: Number of turns of each side.
        seconds: Length of a turn.
    """

    peer_python: Path | None = None
    rounds: int = 3
    seconds: float = 5.0


def main() -> None:
    import tyro  # which the peer's Python need not have

    arguments = tyro.cli(Arguments)
    ours, peers = [], []
    for _ in range(arguments.rounds):
        ours.append(turn(Path(sys.executable), "ours", arguments.seconds))
        if arguments.peer_python:
            peers.append(turn(arguments.peer_python, "peer", arguments.seconds))
    print(f"keras-t2i           {statistics.median(ours):9.0f} pictures/s")
    if peers:
        print(f"PyTorch DataLoader  {statistics.median(peers):9.0f} pictures/s")
        print(f"ratio               {statistics.median(ours) / statistics.median(peers):9.1f}")


def turn(python: Path, side: str, seconds: float) -> float:
    words = [str(python), __file__, "--worker", side, str(seconds)]
    child = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(child.stdout.strip().splitlines()[-1])


def pictures() -> np.ndarray:
    """uint8 (COUNT, STORED, STORED, 3)."""
    return np.random.default_rng(0).integers(0, 256, (COUNT, STORED, STORED, 3), dtype=np.uint8)


def rate(batches: object, seconds: float) -> float:
    """Pictures per second of an iterator of batches, the first ones left out."""
    iterator = iter(batches)
    for _ in range(20):
        next(iterator)
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        next(iterator)
        count += BATCH
    return count / spent


def ours(seconds: float) -> float:
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
    return rate(captioned_pictures(split, BATCH), seconds)


def peer(seconds: float) -> float:
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
        side = {"ours": ours, "peer": peer}[sys.argv[2]]
        print(json.dumps(side(float(sys.argv[3]))))
        # A DataLoader's workers would hold the process up.
        sys.stdout.flush()
    else:
        main()
