"""A worker's engine: TensorFlow's C library beside Python's TensorFlow, on one exported model.

    python -m benchmarks.worker saved_models/birds/1

Each engine loads the model in a process of its own and draws one picture 20 times; the two take
turns. Seconds from the process's start until the model is ready, its memory at the end, and the
median time of a picture.
"""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

_LOAD = {
    "C library": """
from pathlib import Path
import numpy as np
from serving.worker.model import Model
model = Model(Path(sys.argv[1]))
feeds = {"caption": np.array([sys.argv[2].encode()], object), "seed": np.array([3]),
         "truncation": np.ones(1, "float32")}
draw = lambda: model.run("generate", feeds)
""",
    "Python's TensorFlow": """
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
feeds = {"caption": tf.constant([sys.argv[2]]), "seed": tf.constant([3], tf.int64),
         "truncation": tf.ones(1)}
draw = lambda: model.signatures["generate"](**feeds)["image_bytes"].numpy()
""",
}
_MEASURE = """
ready, times = time.perf_counter() - started, []
for _ in range(21):
    begun = time.perf_counter()
    draw()
    times.append(1e3 * (time.perf_counter() - begun))
print(json.dumps([ready, psutil.Process().memory_info().rss / 2**20, sorted(times[1:])[10]]))
"""


@dataclass(frozen=True)
class Arguments:
    """Compare the engines of a worker.

    Args:
        version: Folder of a version of a model of captions.
        caption: Caption to draw.
        rounds: Number of turns; medians are printed.
    """

    version: Annotated[Path, tyro.conf.Positional]
    caption: str = "a black bird"
    rounds: int = 3


def main() -> None:
    arguments = tyro.cli(Arguments)
    found: dict[str, list[list[float]]] = {engine: [] for engine in _LOAD}
    for _ in range(arguments.rounds):
        for engine, load in _LOAD.items():
            code = (
                f"import json, psutil, sys, time\nstarted = time.perf_counter()\n{load}{_MEASURE}"
            )
            words = [sys.executable, "-c", code, str(arguments.version), arguments.caption]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            found[engine].append(json.loads(done.stdout))
    print("| worker | seconds until ready | MB | ms for a picture |\n|---|---|---|---|")
    for engine, rows in found.items():
        ready, size, picture = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"| {engine} | {ready:.1f} | {size:.0f} | {picture:.0f} |")


if __name__ == "__main__":
    main()
