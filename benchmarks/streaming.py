"""Speed of pictures that are decoded as they are drawn, beside a PyTorch `DataLoader`.

    python -m benchmarks.streaming --folder FOLDER --peer-python VENV/bin/python

The photographs of a folder are cut to squares and stored at 76/64 of each side: for ours as
records, whose pictures are WebP without loss; for the peer as a PNG file each, and as the same WebP
files. Each program draws rows in a random order, decodes, crops at random and flips half; ours
gives uint8, as to a training, and float32 in [−1, 1], the peer float32. Reading is from the page
cache. Rates are medians over turns in which the programs alternate, per second of the processors'
time: of the process and, of the peer, its two workers.
"""

import io
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from PIL import Image

from benchmarks.input_pipeline import BATCH, HERE, rate, turn

if TYPE_CHECKING:
    from keras_t2i.pipelines.batching import BatchOptions

FLOATS = "keras-t2i, float32"


@dataclass(frozen=True)
class Arguments:
    """Compare pipelines that decode.

    Args:
        folder: Folder of photographs, at any depth.
        peer_python: A Python that has PyTorch, NumPy and Pillow.
        sides: Sides of the pictures in training, in pixels.
        count: Number of photographs, at most.
        rounds: Number of turns of each side.
        seconds: Length of a turn.
    """

    folder: Path
    peer_python: Path
    sides: tuple[int, ...] = (64, 256)
    count: int = 2000
    rounds: int = 3
    seconds: float = 5.0


def main() -> None:
    import tyro  # which the peer's Python need not have

    arguments = tyro.cli(Arguments)
    own, peer = Path(sys.executable), arguments.peer_python
    programs = {
        "keras-t2i, uint8": (own, "unscaled", "data"),
        FLOATS: (own, "ours", "data"),
        "PyTorch DataLoader, PNG": (peer, "peer", "png"),
        "PyTorch DataLoader, WebP": (peer, "peer", "webp"),
    }
    for side in arguments.sides:
        with TemporaryDirectory() as folder:
            make(Path(folder), arguments.folder, side, arguments.count)
            turns: dict[str, list[float]] = {name: [] for name in programs}
            for _ in range(arguments.rounds):
                for name, (python, program, kind) in programs.items():
                    words = (program, f"{folder}/{kind}", str(side), str(arguments.seconds))
                    turns[name].append(turn(__file__, python, HERE, *words)[1])
        medians = {name: statistics.median(rates) for name, rates in turns.items()}
        for name, found in medians.items():
            ratio = round(medians["keras-t2i, uint8"] / found, 2)
            print(json.dumps({"side": side, "what": name, "rate": round(found), "ratio": ratio}))


def make(out: Path, folder: Path, side: int, count: int) -> None:
    """The photographs as records, as PNG files and as WebP files."""
    from keras_t2i.pipelines.file_listing import pictures_below
    from keras_t2i.pipelines.images import open_picture, resized
    from keras_t2i.pipelines.ordered import ordered_map
    from keras_t2i.pipelines.records import DatasetInfo, Record, write_dataset

    stored = round(side * 76 / 64)
    info = DatasetInfo("photographs", "of the folder", side, stored)
    for kind in ("png", "webp"):
        (out / kind).mkdir()

    def record(numbered: tuple[int, Path]) -> Record:
        number, path = numbered
        made = Record(f"{number:06d}", resized(open_picture(path), stored), (f"{number}",))
        (out / "webp" / f"{made.id}.webp").write_bytes(made.encoded.pictures["image"])
        png = io.BytesIO()
        Image.fromarray(made.image).save(png, "PNG")
        (out / "png" / f"{made.id}.png").write_bytes(png.getvalue())
        return made

    listing = pictures_below(folder, "FOLDER")
    paths = [listing.path(name) for name in listing.pictures[:count]]
    made: Iterator[Any] = ordered_map(record, enumerate(paths))
    write_dataset(out / "data", info, (("train", one) for one in made))


def ours(
    data: str, side: int, seconds: float, **options: "Unpack[BatchOptions]"
) -> tuple[float, float]:
    from keras_t2i.pipelines.captions import captioned_pictures
    from keras_t2i.pipelines.records import read_split

    split = read_split(Path(data), "train", most_bytes=0, most_on_disk=0)
    return rate(captioned_pictures(split, BATCH, **options), seconds)


def unscaled(data: str, side: int, seconds: float) -> tuple[float, float]:
    return ours(data, side, seconds, scaled=False)


def peer(folder: str, side: int, seconds: float) -> tuple[float, float]:
    import torch

    class Files(torch.utils.data.Dataset):
        def __init__(self) -> None:
            self.paths = sorted(Path(folder).iterdir())

        def __len__(self) -> int:
            return len(self.paths)

        def __getitem__(self, index: int) -> tuple:
            rng = np.random.default_rng()
            with Image.open(self.paths[index]) as file:
                image = file.convert("RGB")
            left, top = rng.integers(0, image.width - side + 1, 2)
            image = image.crop((left, top, left + side, top + side))
            if rng.random() < 0.5:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            scaled = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1
            return scaled, f"{index}"

    def endless(loader: Iterable) -> Iterator[Any]:
        while True:
            yield from loader

    loader = torch.utils.data.DataLoader(
        Files(), BATCH, shuffle=True, drop_last=True,
        num_workers=2, persistent_workers=True, prefetch_factor=4,
    )  # fmt: skip
    return rate(endless(loader), seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        program: Callable = {"ours": ours, "unscaled": unscaled, "peer": peer}[sys.argv[2]]
        print(json.dumps(program(sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))))
        # A DataLoader's workers would hold the process up.
        sys.stdout.flush()
    else:
        main()
