"""Steps of the narrow GANs of captions beside PyTorch programs of the same networks.

    python -m benchmarks.beside_peers --peer-python VENV/bin/python

Each program runs in a process of its own, and they take turns. Of `peers_captions.py` the fastest
setting counts: contiguous or channels last. In float32. Prints the records of
`results/speed-captions-peers.json`.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from benchmarks.word_attention import steps_of, variants

_PEER = Path(__file__).with_name("peers_captions.py")
_OURS = "import sys; from benchmarks.beside_peers import measured; measured(*sys.argv[1:])"


@dataclass(frozen=True)
class Arguments:
    """Time steps beside those of PyTorch programs.

    Args:
        peer_python: Python of an environment that has PyTorch.
        extractor: The .npz of SqueezeNet, for `vision-aided-gan-narrow`.
        batch: Pairs of a step.
        names: Names of the presets.
        steps: Number of timed steps; their median counts.
        rounds: Number of turns; the median of their ratios is printed.
    """

    peer_python: Path
    extractor: str = ""
    batch: int = 64
    names: tuple[str, ...] = (
        "self-attention-gan-narrow",
        "word-attention-gan-narrow",
        "df-gan-narrow",
    )
    steps: int = 12
    rounds: int = 3


def main() -> None:
    asked = tyro.cli(Arguments)
    settings = [["--channels-last"], []]
    sizes = asked.batch, asked.extractor
    common = ["--steps", asked.steps, "--batch", asked.batch, "--extractor", asked.extractor]
    for name in asked.names:
        found = defaultdict(list)
        for _ in range(asked.rounds):
            ours = told(sys.executable, "-c", _OURS, name, asked.steps, *sizes)
            peers = [
                told(asked.peer_python, _PEER, name, *common, *setting) for setting in settings
            ]
            peer = min(peers, key=lambda each: each["ms"])
            for side, values in (("ours", ours), ("peer", peer)):
                for key in ("ms", "peak_gib"):
                    found[f"{side}_{key}"].append(values[key])
            found["ratio"].append(peer["ms"] / ours["ms"])
        medians = {key: round(statistics.median(values), 2) for key, values in found.items()}
        print(json.dumps({"name": f"`{name}`", **medians}), flush=True)


def told(*words: object) -> dict[str, float]:
    """The last line of a program's output, as JSON."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(name: str, steps: str, batch: str, extractor: str) -> None:
    """Print the milliseconds of a preset's step and the peak memory of this process."""
    stage = {each.strip("`"): stage for each, stage in variants(extractor)}[name]
    running, times = steps_of(replace(stage, precision="float32", batch_size=int(batch))), []
    running.take(3)
    for _ in range(int(steps)):
        began = time.perf_counter()
        running.take(1)
        times.append(1e3 * (time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"ms": statistics.median(times), "peak_gib": peak}))


if __name__ == "__main__":
    main()
