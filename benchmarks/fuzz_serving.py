"""Requests of all sorts to a running server: it must not die, hang, grow or answer 500.

    python -m benchmarks.fuzz_serving --requests 100000

Bodies, paths, methods and headers are drawn by hypothesis: right ones, wrong ones, damaged ones.
Every thousandth request is a right one whose answer is checked.
"""

import collections
import http.client
import json
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tyro
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from benchmarks.serving import memory
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.requests import BODIES, HEADERS, METHODS, PATHS, POSTED
from tests.serving.running import Running

_WELL_ADDRESSED = 0.7
_POOL = 2000  # drawn requests, of which methods, paths, headers and bodies are combined anew


@dataclass(frozen=True)
class Arguments:
    """Ask a server many odd things.

    Args:
        requests: Number of requests.
        batching: Whether it batches.
        seed: Seed of the requests.
    """

    requests: int = 100_000
    batching: bool = True
    seed: int = 0


def main() -> None:
    arguments = tyro.cli(Arguments)
    rng = random.Random(arguments.seed)
    pools = [pool(kind, arguments.seed) for kind in (METHODS, PATHS, HEADERS, BODIES)]
    with tempfile.TemporaryDirectory() as folder:
        write_half_plus_two(Path(folder) / "123")
        flags = [f"--model_base_path={folder}", "--model_name=half"]
        with Running(*flags, *(["--enable_batching"] if arguments.batching else [])) as server:
            started, slowest = time.perf_counter(), 0.0
            counts: collections.Counter[int | str] = collections.Counter()
            before = None
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            for number in range(arguments.requests):
                method, path, headers, body = (rng.choice(each) for each in pools)
                if rng.random() < _WELL_ADDRESSED:
                    method, path = "POST", rng.choice(POSTED)
                asked = time.perf_counter()
                counts[answer(connection, method, path, headers, body)] += 1
                slowest = max(slowest, time.perf_counter() - asked)
                if number % 1000 == 0:
                    status, found = server.predict([[4.0]], "half")
                    assert (status, found) == (200, {"predictions": [[4.0]]}), (status, found)
                if number == arguments.requests // 5:
                    before = memory(server.child.pid)
            seconds = time.perf_counter() - started
            after = memory(server.child.pid)
            assert server.child.poll() is None, "the server died"
    print(f"{arguments.requests:,} requests in {seconds:.0f} s, the slowest {1e3 * slowest:.0f} ms")
    print("answers:", json.dumps({str(k): v for k, v in sorted(counts.items(), key=str)}))
    print(f"memory after a fifth and at the end: {before:.3f} GiB, {after:.3f} GiB")
    wrong = {k: v for k, v in counts.items() if isinstance(k, int) and k >= 500}
    print("answers of 500 and above:", wrong or "none")


def pool(kind: st.SearchStrategy, seed: int) -> list:
    """Examples of a kind."""
    drawn: list = []

    @seeded(seed)
    @settings(
        max_examples=_POOL,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(kind)
    def draw(value: object) -> None:
        drawn.append(value)

    draw()
    return drawn


def answer(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict, body: bytes
) -> int | str:
    """The status of an answer, or what broke the connection."""
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        found = connection.getresponse()
        found.read()
        return found.status
    except (http.client.HTTPException, OSError, ValueError) as error:
        connection.close()
        return type(error).__name__


if __name__ == "__main__":
    main()
