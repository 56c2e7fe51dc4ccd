"""Seconds from the command `fit` to the end of its first step, of several presets.

    python benchmarks/starting.py --data data/birds --presets self-attention-gan-demo

Each turn is a process of its own, which ends after its first call of the compiled steps. Prints the
records of `results/speed-starting.json`: medians over the rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_WORKER = "--worker"


@dataclass(frozen=True)
class Arguments:
    """Measure the start of trainings.

    Args:
        data: Prepared data, which a run has verified before.
        presets: Presets that the data fit.
        rounds: Number of turns of each preset.
    """

    data: Path
    presets: tuple[str, ...] = ("self-attention-gan-demo", "dcgan-demo")
    rounds: int = 3


def main() -> None:
    import tyro

    arguments = tyro.cli(Arguments)
    found: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(arguments.rounds):
        for preset in arguments.presets:
            found[preset].append(turn(preset, arguments.data))
    for preset, times in found.items():
        loaded, built, done = (statistics.median(column) for column in zip(*times, strict=True))
        record = {"preset": preset, "loaded": loaded, "built": built, "first_step": done}
        print(json.dumps({name: _rounded(value) for name, value in record.items()}))


def _rounded(value: str | float) -> str | float:
    return value if isinstance(value, str) else round(value, 1)


def turn(preset: str, data: Path) -> list[float]:
    """Seconds until TensorFlow is loaded, the steps are about to be compiled, and one is done."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, _WORKER, preset, "--data", str(data), "--run", folder]
        start = time.time()
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return [at - start for at in json.loads(said.strip().splitlines()[-1])]


def worker(words: list[str]) -> None:
    """Run `fit` up to its first step; print the three times as JSON."""
    from keras_t2i.commands.fit import main as fit
    from keras_t2i.training.steps import Steps

    times = [time.time()]

    class Ends(Steps):
        def take(self, count: int) -> NoReturn:
            times.append(time.time())
            super().take(count)
            print(json.dumps([*times, time.time()]), flush=True)
            os._exit(0)

    import keras_t2i.training.intervals

    keras_t2i.training.intervals.Steps = Ends  # type: ignore[misc]
    sys.argv[1:] = words
    fit()


if __name__ == "__main__":
    if sys.argv[1:2] == [_WORKER]:
        worker(sys.argv[2:])
    else:
        main()
