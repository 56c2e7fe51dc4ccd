"""Time of a step's kernels on the device.

    python kernels.py job --out profile

Needs what `train.py` needs. Prints steps a second, the time in kernels and the longest ones;
`profile/kernels.json` has them all: name, the operations of the program that it computes,
milliseconds and launches a step.
"""

import argparse
import gzip
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from benchmarks.accelerator.train import data_of, initial, job_folder, loop
else:  # where only this folder is, and no package
    from train import data_of, initial, job_folder, loop

_STEPS = 20
_GROUPS = {  # by the first that a kernel's name or operations hold
    "convolutions, with cuDNN's padding and conversions": ("cudnn",),
    "matrix products": ("gemm", "cublas"),
    "transpositions": ("transpose",),
    "reductions": ("reduce",),
    "elementwise": ("loop",),
    "copies and others": ("",),
}


def main() -> None:
    """Time a job's step and print its longest kernels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=job_folder)
    parser.add_argument("--calls", type=int, default=10, help="calls of 20 steps that are timed")
    parser.add_argument("--longest", type=int, default=25, help="number of printed kernels")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    described = json.loads((arguments.job / "step.json").read_text())
    data, key, state = data_of(arguments.job, described), jax.random.key(0), initial(arguments.job)
    compiled = loop(arguments.job, described, _STEPS).lower(state, data, key, 0).compile()

    def call() -> None:
        nonlocal state
        state, _ = compiled(state, data, key, 0)
        jax.block_until_ready(state)

    call()
    speed = steps_a_second(call, arguments.calls)
    with jax.profiler.trace(str(arguments.out / "trace")):
        call()
    kernels = kernels_of(trace_in(arguments.out / "trace"))
    facts = {"rows": described["rows"], "steps_a_second": speed, "kernels": kernels}
    (arguments.out / "kernels.json").write_text(json.dumps(facts))
    print(table(facts, arguments.longest))


def steps_a_second(call: Callable[[], None], calls: int) -> float:
    """Speed of a call of `_STEPS` steps."""
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return calls * _STEPS / (time.perf_counter() - started)


def trace_in(folder: Path) -> list[dict[str, Any]]:
    """Events of the profiler's trace."""
    file = max(folder.rglob("*.trace.json.gz"))
    with gzip.open(file, "rt") as text:
        events: list[dict[str, Any]] = json.load(text)["traceEvents"]
    return events


def kernels_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Kernels of the device's streams, the longest first."""
    devices = {
        event["pid"]
        for event in events
        if event.get("name") == "process_name" and "/device:" in event["args"]["name"]
    }
    streams = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name"
        and event["pid"] in devices
        and event["args"]["name"].startswith("Stream")
    }
    spent: dict[str, float] = defaultdict(float)
    launches: dict[str, int] = defaultdict(int)
    made_of: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.get("ph") == "X" and (event["pid"], event["tid"]) in streams:
            name = event["name"]
            spent[name] += event["dur"] / 1e3 / _STEPS
            launches[name] += 1
            made_of[name].add(event.get("args", {}).get("hlo_op", ""))
    return [
        {
            "name": name,
            "ms": round(spent[name], 5),
            "launches": launches[name] / _STEPS,
            "operations": sorted(made_of[name]),
        }
        for name in sorted(spent, key=spent.__getitem__, reverse=True)
    ]


def table(facts: dict[str, Any], longest: int) -> str:
    """The facts in words; groups of kernels and the longest kernels as lines."""
    kernels = facts["kernels"]
    inside = sum(each["ms"] for each in kernels)
    launches = sum(each["launches"] for each in kernels)
    whole = 1e3 / facts["steps_a_second"]
    lines = [
        f"{facts['rows']} rows: {facts['steps_a_second']:.1f} steps/s, {whole:.3f} ms a step, of "
        f"which {inside:.3f} ms in {launches:.0f} kernels"
    ]
    for group, (ms, count) in groups(kernels).items():
        lines.append(f"{ms:8.4f} ms {count:6.1f} × {group}")
    lines += [
        f"{each['ms']:8.4f} ms {each['launches']:6.1f} × {each['name'][:90]} "
        f"{','.join(each['operations'])[:60]}"
        for each in kernels[:longest]
    ]
    return "\n".join(lines)


def groups(kernels: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Milliseconds and launches a step of each group of kernels."""
    found = dict.fromkeys(_GROUPS, (0.0, 0.0))
    for each in kernels:
        text = ",".join([each["name"], *each["operations"]]).lower()
        group = next(g for g, marks in _GROUPS.items() if any(mark in text for mark in marks))
        ms, launches = found[group]
        found[group] = ms + each["ms"], launches + each["launches"]
    return found


if __name__ == "__main__":
    main()
