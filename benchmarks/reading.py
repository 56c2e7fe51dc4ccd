"""Time and memory of a training's start on prepared pictures, beside an earlier state of the code.

    python benchmarks/reading.py --before CHECKOUT --counts 2000 8000 32000

Each start is a process of its own: it reads the split, takes the first batch of a pipeline, as a
stage does before its training, and then that of a second one, as the training does. Memory is that
beyond the process before it reads, in units of the decoded pictures. The first start on a data set
and the next stand apart. The processor's time is given, for other work on the machine does not
count in it. Prints the records of `results/speed-reading.json`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

HERE = Path(__file__).parents[1]
SIZE, STORED, BATCH = 64, 76, 64


@dataclass(frozen=True)
class Arguments:
    """Measure the start of a training.

    Args:
        before: Checkout of an earlier state of the code, to compare with.
        counts: Numbers of pictures.
        work: Folder for the data sets, which are removed again; by default the system's.
    """

    before: Path | None = None
    counts: tuple[int, ...] = (2000, 8000, 32000, 128000)
    work: Path | None = None


def main() -> None:
    import tyro

    arguments = tyro.cli(Arguments)
    codes = {"before": arguments.before, "now": HERE} if arguments.before else {"now": HERE}
    for count in arguments.counts:
        with TemporaryDirectory(dir=arguments.work) as folder:
            data = Path(folder) / "data"
            make(data, count)
            for name, code in codes.items():
                first = start(code, data)
                # Where a start leaves nothing, the next one is like it.
                again = start(code, data) if (data / ".decoded").exists() else first
                print(json.dumps(record(name, count, first, again)), flush=True)
                shutil.rmtree(data / ".decoded", ignore_errors=True)


def make(data: Path, count: int) -> None:
    """A data set of smooth noisy pictures with five captions each."""
    from keras_t2i.pipelines.records import DatasetInfo, write_dataset

    info = DatasetInfo("noise", "none", SIZE, STORED)
    write_dataset(data, info, (("train", one) for one in records(count)))


def records(count: int) -> Iterator[Any]:
    """Records whose files are made in threads."""
    from keras_t2i.pipelines.ordered import ordered_map
    from keras_t2i.pipelines.records import Record

    slope = np.arange(STORED)[:, None, None] + np.arange(STORED)[None, :, None]

    def one(i: int) -> Record:
        noise = np.random.default_rng(i).integers(0, 32, (STORED, STORED, 3))
        captions = tuple(f"picture {i} in the words of person {c}" for c in range(5))
        made = Record(f"noise/{i:07d}.png", (slope + noise).astype("uint8"), captions)
        _ = made.encoded
        return made

    yield from ordered_map(one, range(count))


def start(code: Path, data: Path) -> dict[str, float]:
    """Time and memory of a start by some state of the code."""
    words = [sys.executable, __file__, "--worker", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(words, env=environment, cwd=code, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.returncode}
    return json.loads(done.stdout.strip().splitlines()[-1])


def record(
    name: str, count: int, first: dict[str, float], again: dict[str, float]
) -> dict[str, Any]:
    return {
        "code": name,
        "pictures": count,
        "megabytes": round(count * STORED**2 * 3 / 2**20),
        "first": first["seconds"],
        "again": again["seconds"],
        "resident": again["resident"],
        "peak": max(first["peak"], again["peak"]),
    }


def worker(data: Path) -> dict[str, float]:
    """Read, and take the first batches of two pipelines."""
    import keras_t2i
    from keras_t2i.pipelines.captions import captioned_pictures
    from keras_t2i.pipelines.dataset_info import DatasetInfo
    from keras_t2i.pipelines.lazy import load_tensorflow
    from keras_t2i.pipelines.records import Split, read_split

    load_tensorflow()
    small = Split(
        images=np.zeros((BATCH, STORED, STORED, 3), "uint8"),
        captions=["a"] * BATCH,
        caption_starts=np.arange(BATCH + 1),
        labels=np.full(BATCH, -1),
        attributes=np.zeros((BATCH, 0), "int64"),
        ids=["a"] * BATCH,
        info=DatasetInfo("grey", "none", SIZE, STORED),
    )
    next(iter(captioned_pictures(small, BATCH)))  # TensorFlow sets itself up
    assert Path(keras_t2i.__file__).parents[1] == Path.cwd()
    before, spent = memory(), time.process_time()
    split = read_split(data, "train")
    embeddings = np.zeros((len(split.captions), 128), "float32")
    embeddings += 1.0  # written, so that the memory is there
    held = []
    for _ in range(2):
        held.append(iter(captioned_pictures(split, BATCH, embeddings=embeddings)))
        next(held[-1])
    spent = time.process_time() - spent
    size = split.images.shape[0] * STORED**2 * 3 + embeddings.nbytes
    now = memory()
    return {
        "seconds": round(spent, 1),
        "resident": round((now["VmRSS"] - before["VmRSS"]) / size, 2),
        "peak": round((now["VmHWM"] - before["VmRSS"]) / size, 2),
    }


def memory() -> dict[str, int]:
    """Resident memory and its highest so far, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    return {name: int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(worker(Path(sys.argv[2]))))
    else:
        main()
