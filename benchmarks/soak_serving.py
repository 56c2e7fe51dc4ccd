"""An hour of mixed requests, kills and swaps: memory, descriptors and times must stay.

    python -m benchmarks.soak_serving --minutes 60

Clients ask for predictions over HTTP and gRPC, send damaged requests and bodies that never end.
Every fifth minute a new version appears, every seventh a worker is killed. A line is printed each
minute; the last ones compare the second minute with the last.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
import tyro

from benchmarks.serving import memory
from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.tensors import proto
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running

_PATH = "/v1/models/half:predict"
_PAUSE = 0.05  # seconds between two requests of a client
_SWAP, _KILL = 5, 7  # minutes


@dataclass(frozen=True)
class Arguments:
    """Ask a server for a long time.

    Args:
        minutes: Minutes to ask.
        seed: Seed of the damage.
    """

    minutes: int = 60
    seed: int = 0


class Load:
    """Clients of a server.

    Args:
        server: Server to ask.
        seed: Seed of the damage.
    """

    def __init__(self, server: Running, seed: int) -> None:
        self.server, self.seed = server, seed
        self.seconds: list[float] = []
        self.answers: Counter[str] = Counter()
        self._stop = threading.Event()
        work = (self._rest, self._rest, self._grpc, self._damage, self._wait)
        self._threads = [threading.Thread(target=one, daemon=True) for one in work]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _timed(self, kind: str, ask: Callable[[], object]) -> None:
        started = time.perf_counter()
        try:
            answer = ask()
        except (OSError, http.client.HTTPException, grpc.RpcError) as error:
            answer = error.code().name if isinstance(error, grpc.RpcError) else "no answer"
        self.seconds.append(time.perf_counter() - started)
        self.answers[f"{kind} {answer}"] += 1

    def _status(self, body: bytes | dict[str, Any], headers: dict[str, str] | None = None) -> int:
        return self.server.ask("POST", _PATH, body, headers)[0]

    def _rest(self) -> None:
        ask = partial(self._status, {"instances": [[1.0], [2.0]]})
        while not self._stop.wait(_PAUSE):
            self._timed("REST", ask)

    def _grpc(self) -> None:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "half"
        request.inputs["x"].CopyFrom(proto(np.array([[2.0]], "float32")))
        with grpc.insecure_channel(f"127.0.0.1:{self.server.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

            def ask() -> str:
                stub.Predict(request, timeout=20)
                return "OK"

            while not self._stop.wait(_PAUSE):
                self._timed("gRPC", ask)

    def _damage(self) -> None:
        rng = random.Random(self.seed)
        while not self._stop.wait(_PAUSE):
            body = bytearray(json.dumps({"instances": [[1.0]] * rng.randrange(1, 2000)}).encode())
            body[rng.randrange(len(body))] = rng.randrange(256)
            headers = rng.choice([{}, {"Content-Encoding": "gzip"}, {"X": "y" * 5000}])
            self._timed("damaged", partial(self._status, bytes(body), headers))

    def _wait(self) -> None:
        """Connections that begin a request and go away, or wait."""
        held: list[socket.socket] = []
        while not self._stop.wait(0.5):
            made = socket.create_connection(("127.0.0.1", self.server.port), 10)
            made.sendall(
                f"POST {_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{{".encode()
            )
            held.append(made)
            if len(held) > 50:
                held.pop(0).close()


def main() -> None:
    arguments = tyro.cli(Arguments)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "half"
        write_half_plus_two(base / "1")
        flags = [f"--model_base_path={base}", "--model_name=half", "--enable_batching"]
        with Running(*flags, grpc=True) as server:
            load, lines = Load(server, arguments.seed), []
            load.start()
            for minute in range(1, arguments.minutes + 1):
                load.seconds.clear()
                time.sleep(60)
                lines.append(line_of(server, load, minute))
                print(lines[-1], flush=True)
                if minute % _SWAP == 0:
                    shutil.copytree(base / "1", Path(folder) / "next")
                    (Path(folder) / "next").rename(base / str(minute))
                if minute % _KILL == 0:
                    os.kill(psutil.Process(server.child.pid).children()[-1].pid, signal.SIGKILL)
            load.stop()
            assert server.child.poll() is None, "the server died"
    print("answers:", json.dumps(dict(sorted(load.answers.items()))))
    print(f"second minute: {lines[min(1, len(lines) - 1)]}\nlast: {lines[-1]}")


def line_of(server: Running, load: Load, minute: int) -> str:
    """Figures of a minute."""
    front = psutil.Process(server.child.pid)
    ordered = sorted(load.seconds)
    p50, p99 = (1e3 * ordered[int(share * len(ordered))] for share in (0.5, 0.99))
    return (
        f"minute {minute}: {len(ordered)} requests, p50 {p50:.1f} ms, p99 {p99:.0f} ms, front "
        f"{front.memory_info().rss >> 20} MB, all {memory(front.pid):.3f} GiB, "
        f"{front.num_fds()} descriptors, {front.num_threads()} threads, "
        f"{len(front.children(recursive=True))} processes"
    )


if __name__ == "__main__":
    main()
