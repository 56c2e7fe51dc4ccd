"""Requests and pictures per second of a served model, beside direct calls of it.

    python -m benchmarks.serving --model saved_models/birds

The server runs in a process of its own; clients are threads of this one, each with its connection.
Direct calls run the SavedModel by the worker's own code in a third process. Sides take turns, round
after round.
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import tyro

from tests.serving.running import Running

_DIRECT = """
import sys, time
from pathlib import Path
import numpy as np
from serving.worker.model import Model
model = Model(Path(sys.argv[1]))
rows, seconds, text = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
feeds = {"caption": np.array([text.encode()] * rows, object), "seed": np.arange(rows),
         "truncation": np.ones(rows, "float32")}
for _ in range(3):
    model.run("generate", feeds)
times, end = [], time.perf_counter() + seconds
while time.perf_counter() < end:
    started = time.perf_counter()
    model.run("generate", feeds)
    times.append(time.perf_counter() - started)
print(rows * len(times) / sum(times), sorted(times)[len(times) // 2])
"""


@dataclass(frozen=True)
class Arguments:
    """Measure a served model of captions.

    Args:
        model: Folder of the model's versions.
        caption: Caption to draw.
        clients: Numbers of clients.
        rows: Number of pictures per request.
        seconds: Seconds of each measurement.
        rounds: Number of turns; medians are printed.
        steady: Requests over which the batching server's memory is watched; 0 leaves that out.
    """

    model: Path
    caption: str = "a small red bird with a white belly"
    clients: tuple[int, ...] = (1, 8, 32)
    rows: tuple[int, ...] = (1, 16)
    seconds: float = 8.0
    rounds: int = 3
    steady: int = 0


def main() -> None:
    arguments = tyro.cli(Arguments)
    version = max(
        (p for p in arguments.model.iterdir() if p.name.isdigit()), key=lambda p: int(p.name)
    )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "batching.config"
        config.write_text(
            "max_batch_size { value: 32 } batch_timeout_micros { value: 2000 } "
            "num_batch_threads { value: 2 } max_enqueued_batches { value: 100 } "
            + " ".join(f"allowed_batch_sizes: {2**i}" for i in range(6))
        )
        sides = {
            "alone": [f"--model_base_path={arguments.model}"],
            "batched": [
                f"--model_base_path={arguments.model}",
                "--enable_batching",
                f"--batching_parameters_file={config}",
            ],
        }
        results: dict[tuple[str, int, int], list[dict[str, float]]] = {}
        direct: dict[int, list[tuple[float, float]]] = {}
        for _ in range(arguments.rounds):
            for rows in (*arguments.rows, 32):
                direct.setdefault(rows, []).append(call_directly(arguments, version, rows))
            for side, flags in sides.items():
                with Running(*flags) as server:
                    for rows in arguments.rows:
                        for clients in arguments.clients:
                            found = load(server, arguments, clients, rows)
                            results.setdefault((side, clients, rows), []).append(found)
                    print(side, "server's memory:", memory(server.child.pid), "GiB")
        if arguments.steady:
            with Running(*sides["batched"]) as server:
                watch_memory(server, arguments)
    print("\n| direct calls, rows | pictures/s | median ms |\n|---|---|---|")
    for rows, called in direct.items():
        rate, seconds = (statistics.median(values) for values in zip(*called, strict=True))
        print(f"| {rows} | {rate:.1f} | {1e3 * seconds:.1f} |")
    print(
        "\n| server | clients | pictures a request | requests/s | pictures/s | p50 | p95 | p99 ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for (side, clients, rows), loads in results.items():
        middle = {k: statistics.median(one[k] for one in loads) for k in loads[0]}
        print(
            f"| {side} | {clients} | {rows} | {middle['requests']:.1f} | "
            f"{rows * middle['requests']:.1f} | {middle['p50']:.1f} | {middle['p95']:.1f} | "
            f"{middle['p99']:.1f} |"
        )


def call_directly(arguments: Arguments, version: Path, rows: int) -> tuple[float, float]:
    """Pictures per second and the median time of a call, in a process of its own."""
    words = [sys.executable, "-c", _DIRECT, str(version), str(rows), str(arguments.seconds)]
    ended = subprocess.run([*words, arguments.caption], capture_output=True, text=True, check=True)
    rate, middle = ended.stdout.split()
    return float(rate), float(middle)


def load(server: Running, arguments: Arguments, clients: int, rows: int) -> dict[str, float]:
    """Let clients ask for a while; requests per second and times in ms."""
    end = time.perf_counter() + arguments.seconds
    started = time.perf_counter()
    times = ask(server, arguments.caption, clients, rows, lambda _: time.perf_counter() < end)
    seconds = time.perf_counter() - started
    ordered = sorted(times)
    shares = {
        f"p{p}": 1e3 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in (50, 95, 99)
    }
    return {"requests": len(times) / seconds, **shares}


def ask(
    server: Running, caption: str, clients: int, rows: int, go_on: Callable[[int], bool]
) -> list[float]:
    """Let clients ask as long as a function of the answers so far says; each answer's seconds."""
    times: list[float] = []

    def one(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        while go_on(len(times)):
            asked = {
                "caption": [caption] * rows,
                "seed": [number * 1000 + i for i in range(rows)],
                "truncation": [1.0] * rows,
            }
            body = json.dumps({"signature_name": "generate", "inputs": asked})
            started = time.perf_counter()
            connection.request("POST", "/v1/models/default:predict", body)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(text)
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def watch_memory(server: Running, arguments: Arguments) -> None:
    """Eight clients ask for one picture each; the server's memory after each tenth is printed."""
    held, share = [], arguments.steady // 10
    for _ in range(10):
        ask(server, arguments.caption, 8, 1, lambda done: done < share)
        held.append(memory(server.child.pid))
    print(f"memory over {arguments.steady:,} requests, after each tenth: {held} GiB")


def memory(process: int) -> float:
    """Resident memory of a process and its children in GiB."""
    front = psutil.Process(process)
    held = [one.memory_info().rss for one in (front, *front.children(recursive=True))]
    return round(sum(held) / 2**30, 3)


if __name__ == "__main__":
    main()
