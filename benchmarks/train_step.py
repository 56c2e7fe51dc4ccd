"""Speed of the thesis's training step, beside a PyTorch program of the same networks.

    python benchmarks/train_step.py --peer peer_gan_cls.py --peer-python VENV/bin/python

The two sides run in turn, each in a process of its own; the figure is the ratio of the medians of
caption-picture pairs a second. Ours is the preset `self-attention-gan-literal` at batch 64 on data
in memory. The peer is asked for each of its settings once, then its best runs in every round.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

BATCH = 64
GFLOP_A_PAIR = 3.4  # of the step with a shared trunk, both players


@dataclass(frozen=True)
class Arguments:
    """Compare training speed.

    Args:
        peer: The PyTorch program; without it only our side is measured.
        peer_python: A Python that has PyTorch.
        rounds: How often the sides take turns.
        steps: Timed steps a turn.
        precisions: What to measure.
    """

    peer: Path | None = None
    peer_python: Path = Path(sys.executable)
    rounds: int = 3
    steps: int = 12
    precisions: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")


def main() -> None:
    arguments = tyro.cli(Arguments)
    for precision in arguments.precisions:
        compare(arguments, precision)


def compare(arguments: Arguments, precision: str) -> None:
    """Print one precision's table."""
    settings = best_peer_settings(arguments, precision) if arguments.peer else None
    ours, peers = [], []
    for _ in range(arguments.rounds):
        ours.append(our_turn(precision, arguments.steps))
        if settings is not None:
            peers.append(peer_turn(arguments, precision, settings))
    rate = statistics.median(turn["pairs_per_second"] for turn in ours)
    product = statistics.median(turn["matrix_gflops"] for turn in ours)
    print(f"\n{precision}")
    print(f"  keras-t2i        {rate:7.1f} pairs/s")
    print(f"  matrix products  {product:7.0f} GFLOP/s; the step reaches "
          f"{100 * rate * GFLOP_A_PAIR / product:.0f} % of it")  # fmt: skip
    print(
        f"  outside steps    {100 * statistics.median(t['overhead'] for t in ours):7.2f} % of fit"
    )
    print(f"  peak memory      {max(t['peak_gib'] for t in ours):7.2f} GiB")
    if peers:
        print(f"  peer             {statistics.median(peers):7.1f} pairs/s  {' '.join(settings)}")
        print(f"  ratio            {rate / statistics.median(peers):7.2f}")


def best_peer_settings(arguments: Arguments, precision: str) -> list[str]:
    """The fastest of the peer's settings, in one short turn each."""
    choices = [[], ["--channels-last"], ["--compile"], ["--channels-last", "--compile"]]
    rates = [peer_turn(arguments, precision, choice) for choice in choices]
    return choices[rates.index(max(rates))]


def peer_turn(arguments: Arguments, precision: str, settings: list[str]) -> float:
    """Pairs a second of the peer; 0 where it does not run with these settings."""
    short = {"float32": "fp32", "bfloat16": "bf16"}[precision]
    words = [str(arguments.peer_python), str(arguments.peer), "--precision", short, *settings]
    words += ["--batch", str(BATCH), "--steps", str(arguments.steps)]
    child = subprocess.run(words, capture_output=True, text=True, check=False)
    if child.returncode:
        print(f"peer {' '.join(settings)}: does not run", file=sys.stderr)
        return 0.0
    return json.loads(child.stdout.strip().splitlines()[-1])["images_per_s"]


def our_turn(precision: str, steps: int) -> dict[str, float]:
    """Our side in a process of its own."""
    words = [sys.executable, __file__, "--worker", precision, str(steps)]
    child = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(child.stdout.strip().splitlines()[-1])


def worker(precision: str, steps: int) -> dict[str, float]:
    """Train some intervals with `fit`; time the steps, what is between them, and memory."""
    from pipelines.lazy import load_tensorflow

    load_tensorflow()
    import keras
    import numpy as np

    from keras_t2i.hardware import jit_compile
    from keras_t2i.presets import preset
    from pipelines.captions import captioned_pictures
    from pipelines.records import DatasetInfo, Split

    stage = replace(preset("self-attention-gan-literal").gan, precision=precision)
    rng = np.random.default_rng(0)
    count = 512
    split = Split(
        images=rng.integers(0, 256, (count, 76, 76, 3), dtype=np.uint8),
        captions=["a bird"] * count,
        caption_starts=np.arange(count + 1),
        labels=np.arange(count) % 10,
        attributes=np.zeros((count, 0), "int64"),
        ids=[str(i) for i in range(count)],
        info=DatasetInfo("random", "none", 64, 76, classes=tuple("0123456789")),
    )
    embeddings = rng.normal(size=(count, 128)).astype("float32")
    dataset = captioned_pictures(split, BATCH, embeddings=embeddings)
    model = stage.model(128, embeddings)
    names = model.term_names(next(iter(dataset)))
    model.ready(names, jit_compile=jit_compile("auto"))
    clock = StepClock(keras)
    model.fit(dataset, epochs=1, steps_per_epoch=4, verbose=0, shuffle=False)
    start = time.perf_counter()
    model.fit(
        dataset, epochs=3, steps_per_epoch=max(1, steps // 3), verbose=0, shuffle=False,
        callbacks=[clock.callback],
    )  # fmt: skip
    whole = time.perf_counter() - start
    return {
        "pairs_per_second": BATCH / statistics.median(clock.seconds),
        "overhead": 1 - sum(clock.seconds) / whole,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "matrix_gflops": matrix_gflops(precision),
    }


class StepClock:
    """The time of each step as `fit` sees it."""

    def __init__(self, keras: object) -> None:
        self.seconds: list[float] = []
        clock = self

        class Callback(keras.callbacks.Callback):
            def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
                clock.start = time.perf_counter()

            def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
                float(next(iter(logs.values())))
                clock.seconds.append(time.perf_counter() - clock.start)

        self.callback = Callback()


def matrix_gflops(precision: str, size: int = 2048) -> float:
    """The machine's rate of square matrix products."""
    import tensorflow as tf

    a = tf.cast(tf.random.normal((size, size)), precision)
    product = tf.function(lambda x: tf.matmul(x, x))
    product(a)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        product(a)[0, 0].numpy()
        times.append(time.perf_counter() - start)
    return 2 * size**3 / statistics.median(times) / 1e9


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(worker(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
