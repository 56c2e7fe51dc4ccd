"""Speed of the training steps: rows per second, share of the machine's product rate, memory.

    python benchmarks/train_step.py --peer peer_gan_cls.py --peer-python VENV/bin/python
    python benchmarks/train_step.py --steps autoencoder-64 label-gan-64 label-gan-256
    python benchmarks/train_step.py --steps wgan-gp srgan --peer-python VENV/bin/python

Each measurement runs in a process of its own, several in turn; figures are medians. Some steps can
be compared with a PyTorch program of the same networks: it is asked for each of its settings once,
then its best takes turns with ours, and the ratio of the medians is printed.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

if TYPE_CHECKING:
    from keras_t2i.training.hardware import Precision

PEER_BATCHES = {"captions-64": 64, "wgan-gp": 64, "srgan": 16}
PEERS = Path(__file__).parent / "peers.py"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Arguments:
    """Measure training steps.

    Args:
        steps: Steps to measure (benchmarks/steps.py): a name there, or a preset, whose last stage
            is taken.
        peer: A PyTorch program to compare `captions-64` with.
        peer_python: A Python that has PyTorch, to compare `wgan-gp` and `srgan` with as well
            (benchmarks/peers.py).
        rounds: Number of times that everything is measured.
        timed: Number of timed steps per turn.
        precisions: Precisions in which each step is measured.
    """

    steps: tuple[str, ...] = ("captions-64",)
    peer: Path | None = None
    peer_python: Path | None = None
    rounds: int = 3
    timed: int = 12
    precisions: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")


def main() -> None:
    arguments = tyro.cli(Arguments)
    rows = [
        measure(arguments, name, precision)
        for name in arguments.steps
        for precision in arguments.precisions
    ]
    print("\n| step | precision | rows/s | ms/step | GFLOP a row | share of products | GiB |")
    print("|---|---|---|---|---|---|---|")
    print(*rows, sep="\n")


def measure(arguments: Arguments, name: str, precision: str) -> str:
    """Print the figures of one step in one precision; returns them as a line of a table."""
    program = peer_program(arguments, name)
    settings = best_peer_settings(arguments, program, precision) if program else None
    ours, peers = [], []
    for _ in range(arguments.rounds):
        ours.append(our_turn(name, precision, arguments.timed))
        if settings is not None:
            peers.append(peer_turn(arguments, program, precision, settings))
    middle = {key: statistics.median(turn[key] for turn in ours) for key in ours[0]}
    rate, product = middle["rows_per_second"], middle["matrix_gflops"]
    reached = rate * middle["gflop_a_row"]
    print(f"\n{name}, {precision}")
    print(f"  keras-t2i        {rate:7.1f} rows/s, {middle['gflop_a_row']:.2f} GFLOP each")
    print(f"  matrix products  {product:7.0f} GFLOP/s; the step reaches {reached:.0f}, "
          f"{100 * reached / product:.0f} %")  # fmt: skip
    print(f"  step by step     {100 * middle['overhead']:7.2f} % longer than in one call")
    print(f"  peak memory      {max(turn['peak_gib'] for turn in ours):7.2f} GiB", flush=True)
    if settings is not None:
        print(f"  peer             {statistics.median(peers):7.1f} rows/s  {' '.join(settings)}")
        print(f"  ratio            {rate / statistics.median(peers):7.2f}", flush=True)
    peak, step = max(turn["peak_gib"] for turn in ours), 1000 * middle["rows"] / rate
    return (
        f"| `{name}` | {precision} | {rate:,.1f} | {step:,.0f} | {middle['gflop_a_row']:.3g} "
        f"| {100 * reached / product:.0f} % | {peak:.2f} |"
    )


def peer_program(arguments: Arguments, name: str) -> list[str]:
    """The words that begin the peer's command; none where it has no such step."""
    if arguments.peer is not None and name == "captions-64":
        return [str(arguments.peer)]
    return [str(PEERS), name] if arguments.peer_python and name in PEER_BATCHES else []


def best_peer_settings(arguments: Arguments, program: list[str], precision: str) -> list[str]:
    """The fastest of the peer's settings, in one short turn each."""
    choices = [[], ["--channels-last"], ["--compile"], ["--channels-last", "--compile"]]
    rates = [peer_turn(arguments, program, precision, choice) for choice in choices]
    return choices[rates.index(max(rates))]


def peer_turn(
    arguments: Arguments, program: list[str], precision: str, settings: list[str]
) -> float:
    """Rows per second of the peer; 0 where it does not run with these settings."""
    short = {"float32": "fp32", "bfloat16": "bf16"}[precision]
    words = [str(arguments.peer_python or sys.executable), *program, "--precision", short]
    batch = PEER_BATCHES[program[1] if len(program) > 1 else "captions-64"]
    words += [*settings, "--batch", str(batch), "--steps", str(arguments.timed)]
    child = subprocess.run(words, capture_output=True, text=True, check=False)
    if child.returncode:
        print(f"peer {' '.join(settings)}: does not run", file=sys.stderr)
        return 0.0
    return json.loads(child.stdout.strip().splitlines()[-1])["images_per_s"]


def our_turn(name: str, precision: str, timed: int) -> dict[str, float]:
    """Our side in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.train_step", "--worker"]
    words.append(json.dumps([name, precision, timed]))
    child = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout.strip().splitlines()[-1])


def worker(name: str, precision: "Precision", timed: int) -> dict[str, float]:
    """Train some intervals; time the steps, what is between them, and memory."""
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    from benchmarks.flops import multiply_adds
    from benchmarks.steps import STEPS
    from keras_t2i.training.steps import Steps

    step = STEPS[name](precision)
    steps = Steps(step.model, step.dataset)
    steps.take(3)
    seconds = []
    start = time.perf_counter()
    for _ in range(timed):
        began = time.perf_counter()
        steps.take(1)
        seconds.append(time.perf_counter() - began)
    alone = time.perf_counter() - start
    start = time.perf_counter()
    steps.take(timed)
    together = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    traced = tf.function(step.model.train_step).get_concrete_function(next(iter(step.dataset)))
    return {
        "rows": step.rows,
        "rows_per_second": step.rows / statistics.median(seconds),
        "overhead": alone / together - 1,
        "peak_gib": peak,
        "gflop_a_row": multiply_adds(traced) / step.rows / 1e9,
        "matrix_gflops": matrix_gflops(precision),
    }


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
        print(json.dumps(worker(*json.loads(sys.argv[2]))))
    else:
        main()
