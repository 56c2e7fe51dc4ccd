"""Worker processes on this machine: started, watched, ended together."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from keras_t2i.training.cluster import JOINED, VARIABLE

# Number of TensorFlow's threads of an operation; whoever sets it shares out the cores as well.
THREADS = "TF_NUM_INTRAOP_THREADS"
_STARTS = 3
_WRONG_INPUT = 2
# Time for the others, after one has ended with a failure, to end as it did.
_GRACE_SECONDS = 15.0
_POLL_SECONDS = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
_LAST_LINES = 15


def train_together(words: Sequence[str], workers: int, logs: Path | None = None) -> int:
    """Run a training in several processes, and start them again where they did not meet.

    A worker that fails ends all: what was saved last is where the same command goes on.

    Args:
        words: Words after `python` that train.
        workers: Number of processes, at least 1.
        logs: Folder of the output of all but the first; by default a new one,
            which goes when all went well.

    Returns:
        The exit code: that of the first worker that failed, or 0.
    """
    folder = logs or Path(tempfile.mkdtemp(prefix="keras-t2i-workers-"))
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(1, _STARTS + 1):
        joined = folder / f".joined-{os.getpid()}-{start}"
        with _started(words, workers, folder, joined) as children, _passed_on(children) as passed:
            failed = _first_failed(children)
            met = joined.exists()
            joined.unlink(missing_ok=True)
            if failed is None:
                if logs is None:
                    shutil.rmtree(folder)
                return 0
            code = _exit_code(children[failed].returncode)
            if met or passed or code == _WRONG_INPUT or start == _STARTS:
                _tell(failed, code, folder)
                return code
        print(f"The workers did not meet; start {start + 1} of {_STARTS}.", file=sys.stderr)
    raise AssertionError("the last start returns")


@contextlib.contextmanager
def _started(
    words: Sequence[str], workers: int, folder: Path, joined: Path
) -> Iterator[list[subprocess.Popen]]:
    """The processes; those that are left at the end of the block are killed."""
    hosts = [f"localhost:{port}" for port in free_ports(workers)]
    children = []
    with contextlib.ExitStack() as files:
        try:
            shares = _shares(workers)
            for i in range(workers):
                task = {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": i}}
                log = files.enter_context((folder / f"worker-{i}.log").open("ab")) if i else None
                children.append(
                    subprocess.Popen(
                        [sys.executable, *words],
                        env={
                            THREADS: str(len(shares[i])), **os.environ,
                            VARIABLE: json.dumps(task), JOINED: str(joined),
                        },
                        stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                        start_new_session=True,  # a terminal's Ctrl-C comes through us alone
                    )
                )  # fmt: skip
                if THREADS not in os.environ:
                    _bind(children[-1], shares[i])
            yield children
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                child.wait()


def _shares(workers: int) -> list[list[int]]:
    """The cores of each worker: a share of this process's, or where there are too few, one."""
    cores = (
        sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else range(os.cpu_count() or 1)
    )
    ends = [i * len(cores) // workers for i in range(workers + 1)]
    return [list(cores[ends[i] : ends[i + 1]]) or [cores[ends[i]]] for i in range(workers)]


def _bind(child: subprocess.Popen, cores: list[int]) -> None:
    """Keep a worker on its cores: all wait for each other in every step, so also for a moved one.

    Its threads are started later, and stay there too.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # it has ended, or a container forbids it
            os.sched_setaffinity(child.pid, cores)


@contextlib.contextmanager
def _passed_on(children: list[subprocess.Popen]) -> Iterator[list[int]]:
    """Pass signals on to the processes while the block runs; gives the list of them."""
    passed: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        passed.append(number)
        for child in children:
            if child.poll() is None:
                child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _SIGNALS}
    try:
        yield passed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _first_failed(children: list[subprocess.Popen]) -> int | None:
    """The number of the first process that failed, once all have ended; `None` where none did."""
    failed, deadline = None, float("inf")
    while any(child.poll() is None for child in children):
        for i, child in enumerate(children):
            if failed is None and child.poll():
                failed, deadline = i, time.monotonic() + _GRACE_SECONDS
        if time.monotonic() > deadline:
            for child in children:
                child.kill()
        time.sleep(_POLL_SECONDS)
    if failed is None:
        failed = next((i for i, child in enumerate(children) if child.returncode), None)
    return failed


def _exit_code(code: int) -> int:
    """A process's exit code, as shells give it after a signal."""
    return 128 - code if code < 0 else code


def _tell(failed: int, code: int, folder: Path) -> None:
    """Say which worker failed, and the end of its output where that was not shown."""
    log = folder / f"worker-{failed}.log"
    print(f"Worker {failed} ended with {code}, so all were ended.", file=sys.stderr)
    if failed:
        lines = log.read_text("utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        print(f"The end of {log}:", *lines, sep="\n  ", file=sys.stderr)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on."""
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in sockets]
