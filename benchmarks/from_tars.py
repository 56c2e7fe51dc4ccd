"""Time, memory and disk of the commands that lead from tars of photographs to trained steps.

    python benchmarks/from_tars.py --folder PHOTOGRAPHS --work DIRECTORY

Makes a set like COCO's out of a folder of photographs: JPEG files of 640 × 480, each cut out of a
photograph at another place and scale, with five captions, a thousand to a tar as `img2dataset`
writes them. Then `prepare webdataset` and `fit` run as commands, once for each way of reading: with
pictures in a mapped file, and decoded as they are drawn. `fit` is stopped after a time. Memory is
that of the process, TensorFlow included: the peak without pages of files, looked at twice a second,
and the peak with them, which the system takes back when others need memory. Prints the records of
`results/speed-from-tars.json`. COCO has 118,287 pictures: `--count 118287` takes 50 GB of disk.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

A_TAR, WIDTH, HEIGHT = 1000, 640, 480


@dataclass(frozen=True)
class Arguments:
    """Measure the way from tars to trained steps.

    Args:
        folder: Folder of photographs, at any depth.
        work: Folder for the tars, the data and the runs; what is there is used again.
        count: Number of pictures.
        image_size: Side of the pictures in training, in pixels.
        preset: Preset of pictures without captions.
        stop_after: Time after which `fit` is stopped; a later call goes on with its run.
    """

    folder: Path
    work: Path
    count: int = 7000
    image_size: int = 256
    preset: str = "dcgan-demo"
    stop_after: str = "3m"


def main() -> None:
    import tyro

    arguments = tyro.cli(Arguments)
    tars, data = arguments.work / "tars", arguments.work / "data"
    if not (data / "dataset.json").exists():
        make(tars, arguments.folder, arguments.count)
        words = ["pipelines.prepare", "webdataset", "--source", tars, "--out", data]
        tell("prepare", command([*words, "--image-size", arguments.image_size]), tars, data)
    for way, most in (("decoded as drawn", "0"), ("mapped from a file", str(10**12))):
        run = arguments.work / f"run-{most}"
        words = ["fit", arguments.preset, "--data", data, "--run", run]
        words += ["--stop-after", arguments.stop_after]
        spent = command(words, KERAS_T2I_MOST_ON_DISK=most)
        tell(f"fit, {way}", spent, data / ".decoded")


def tell(what: str, spent: "Spent", *folders: Path) -> None:
    sizes = [sum(f.stat().st_size for f in folder.iterdir()) for folder in folders]
    disk = " → ".join(f"{size / 2**20:,.0f}" for size in sizes)
    record = {
        "what": what,
        "seconds": round(spent.seconds),
        "own": round(spent.own),
        "peak": round(spent.peak),
        "disk": disk,
    }
    print(json.dumps(record, ensure_ascii=False), flush=True)


@dataclass(frozen=True)
class Spent:
    """Resources that a command took.

    Args:
        seconds: Seconds of processors.
        own: Largest memory without pages of files, in MiB.
        peak: Peak of all memory, in MiB.
    """

    seconds: float
    own: float
    peak: float


def command(words: Iterable[object], **variables: str) -> Spent:
    """Run a command of the project."""
    first, *rest = map(str, words)
    line = [sys.executable, "-m", f"keras_t2i.{first}", *rest]
    child = subprocess.Popen(line, env=os.environ | variables)
    own = 0.0
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        own = max(own, own_memory(child.pid))
        time.sleep(0.5)
    if os.waitstatus_to_exitcode(status) not in (0, 142):  # 142: stopped after its time
        raise SystemExit(f"{line} failed.")
    return Spent(used.ru_utime + used.ru_stime, own, used.ru_maxrss / 1024)


def own_memory(process: int) -> float:
    """Memory of a process without pages of files, in MiB; 0 where it has just ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("RssAnon:")]
    return sum(kilobytes) / 1024


def make(tars: Path, folder: Path, count: int) -> None:
    """Tars of pictures that are cut out of photographs."""
    from keras_t2i.pipelines.file_listing import pictures_below
    from keras_t2i.pipelines.ordered import ordered_map

    listing = pictures_below(folder, "--folder")
    paths = [listing.path(name) for name in listing.pictures]

    def jpeg(number: int) -> bytes:
        rng = np.random.default_rng(number)
        with Image.open(paths[number % len(paths)]) as photograph:
            scale = rng.uniform(0.6, 1.0) * min(photograph.width / 4, photograph.height / 3)
            wide, high = 4 * scale, 3 * scale
            left = rng.uniform(0, photograph.width - wide)
            top = rng.uniform(0, photograph.height - high)
            box = (left, top, left + wide, top + high)
            cut = photograph.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box)
        file = io.BytesIO()
        cut.save(file, "JPEG", quality=90)
        return file.getvalue()

    tars.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, A_TAR):
        path = tars / f"{first // A_TAR:05d}.tar"
        if path.exists():
            continue
        numbers = range(first, min(first + A_TAR, count))
        with tarfile.open(path.with_suffix(".partial"), "w") as tar:
            for number, picture in zip(numbers, ordered_map(jpeg, numbers), strict=True):
                text = "\n".join(f"picture {number} in the words of person {c}" for c in range(5))
                for suffix, content in (("jpg", picture), ("txt", text.encode())):
                    member = tarfile.TarInfo(f"{number:08d}.{suffix}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        path.with_suffix(".partial").rename(path)


if __name__ == "__main__":
    main()
