"""A worker process, as the server sees it."""

import asyncio
import contextlib
import itertools
import logging
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError

from .errors import ServingError
from .protos import config_pb2, error_codes_pb2, get_model_metadata_pb2
from .signatures import Signatures
from .worker.frames import CONTROL, Frame, receive

_LOG = logging.getLogger("serving")
_CODES = {number: name for name, number in error_codes_pb2.Code.items()}
_GRACE = 5.0  # seconds that a run may go on for which nobody waits, before its worker is replaced
_QUESTION = 2.0  # seconds between two questions whether a worker lives
_SILENCE = 15.0  # seconds without an answer after which it counts as hanging


@dataclass(frozen=True)
class WorkerOptions:
    """Settings of the worker processes.

    Args:
        threads: Number of requests that a worker runs at a time.
        config: Settings of TensorFlow's session, such as its threads.
        warm_up: Times that a version's recorded requests run before it is served.
        load_seconds: Seconds after which a version that still loads is given up.
    """

    threads: int = 4
    config: config_pb2.ConfigProto | None = None
    warm_up: int = 1
    load_seconds: float = 600.0


class Unsent(ServingError):
    """A process ended before a request was sent to it; another process may take it."""

    def __init__(self) -> None:
        super().__init__(
            "UNAVAILABLE", "The model's process ended; it is started again. Try again later."
        )


class Worker:
    """A process that has loaded a version. `Worker.start` makes one.

    Args:
        child: Process of the worker.
        reader: Answers of the worker.
        writer: Way for requests to the worker.
        places: Number of requests that it runs at a time.
    """

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        places: int,
    ) -> None:
        self._child, self._reader, self._writer = child, reader, writer
        self._numbers = itertools.count(CONTROL + 1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._abandoned: set[asyncio.Future[bytes]] = set()
        self._stuck = asyncio.Event()
        self._unanswered = 0
        self._places = asyncio.Semaphore(places)
        self._reason = "ended"
        self.signatures = Signatures({})
        self._tasks: list[asyncio.Task] = []

    @classmethod
    async def start(cls, path: Path, options: WorkerOptions) -> "Worker":
        """Start a process and let it load a version.

        Raises:
            ServingError: The version cannot be loaded.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            try:
                child = await _child(theirs.fileno(), path, options)
            except BaseException:
                writer.close()
                raise
        worker = cls(child, reader, writer, options.threads)
        try:
            async with asyncio.timeout(options.load_seconds):
                worker.signatures = await worker._greeting(path)
        except TimeoutError as error:
            await worker.stop()
            seconds = f"{options.load_seconds:g} s"
            raise ServingError(
                "DEADLINE_EXCEEDED", f"{path}: not loaded within {seconds}."
            ) from error
        except BaseException:
            await worker.stop()
            raise
        worker._tasks = [asyncio.create_task(worker._read()), asyncio.create_task(worker._ask())]
        return worker

    @property
    def process(self) -> int:
        """Number of the process."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether requests can be sent to the process."""
        return not self._writer.is_closing() and self._child.returncode is None

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an answer of the process."""
        return any(answer not in self._abandoned for answer in self._waiting.values())

    async def run(self, request: bytes, seconds: float | None) -> bytes:
        """The answer to a serialized `PredictRequest`: a serialized `PredictResponse`.

        Args:
            request: Serialized message.
            seconds: Time after which it is stopped; `None` for no limit.

        Raises:
            Unsent: The process ended before.
            ServingError: The model refuses it, the time is over, or the process ended meanwhile.
        """
        if not self.alive:
            raise Unsent
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        try:
            async with asyncio.timeout_at(end):
                # No more than the worker runs at a time: what waits there could not be told apart
                # from what does not stop.
                await self._places.acquire()
                if not self.alive:  # it has ended meanwhile
                    self._places.release()
                    raise Unsent
                answer = self._send(request, end)
                try:
                    await self._writer.drain()
                    return await asyncio.shield(answer)
                except asyncio.CancelledError:  # its time is over, or whoever asked has gone
                    self._abandon(answer)
                    raise
        except TimeoutError as error:
            raise ServingError(
                "DEADLINE_EXCEEDED", f"The request took longer than {seconds:.3g} s."
            ) from error
        except ConnectionError as error:
            raise self._gone() from error

    def _send(self, request: bytes, end: float | None) -> "asyncio.Future[bytes]":
        """Send a request for which there is a place; it is free again when the answer comes."""
        loop = asyncio.get_running_loop()
        number, answer = next(self._numbers), loop.create_future()
        answer.add_done_callback(_retrieved)
        answer.add_done_callback(lambda _: self._places.release())
        self._waiting[number] = answer
        milliseconds = max(1, int(1000 * (end - loop.time()))) if end is not None else 0
        self._writer.write(Frame(number, milliseconds, request).head())
        self._writer.write(request)
        return answer

    def _abandon(self, answer: "asyncio.Future[bytes]") -> None:
        """Nobody waits for an answer any more; the process must get done with it soon.

        TensorFlow stops a run at its deadline, most often. There is no way to stop one before.
        """
        self._abandoned.add(answer)
        late = asyncio.get_running_loop().call_later(_GRACE, self._stuck.set)
        answer.add_done_callback(lambda _: late.cancel())
        answer.add_done_callback(self._abandoned.discard)

    async def spent(self) -> str:
        """Wait until another process is needed: this one has ended, or is stuck; which it is."""
        ends = asyncio.create_task(self._child.wait()), asyncio.create_task(self._stuck.wait())
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
        code = self._child.returncode
        if code is None:
            return f"runs on {_GRACE:g} s after a request for which nobody waits"
        return self._reason if code >= 0 or self._reason != "ended" else f"killed by signal {-code}"

    async def stop(self) -> None:
        """End the process at once."""
        for task in self._tasks:
            task.cancel()
        self.kill("stopped")
        self._writer.close()
        await self._child.wait()
        self._forget()

    def kill(self, reason: str) -> None:
        """End the process for a reason, which `ended` tells."""
        self._reason = reason
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            self._child.kill()

    async def _greeting(self, path: Path) -> Signatures:
        frame = await receive(self._reader)
        if frame is None:
            code = await self._child.wait()
            raise ServingError("INTERNAL", f"{path}: its process ended while loading ({code}).")
        if frame.value:
            raise _error(frame)
        try:
            held = get_model_metadata_pb2.SignatureDefMap.FromString(frame.body)
        except DecodeError as error:
            raise ServingError("INTERNAL", f"{path}: its process sent nonsense.") from error
        return Signatures(held.signature_def)

    async def _read(self) -> None:
        while (frame := await receive(self._reader)) is not None:
            self._unanswered = 0
            answer = self._waiting.pop(frame.number, None)
            if answer is None or answer.done():
                continue
            if frame.value:
                answer.set_exception(_error(frame))
            else:
                answer.set_result(frame.body)
        self.kill(self._reason)
        self._writer.close()
        self._forget()

    async def _ask(self) -> None:
        """Kill the process once it answers no more."""
        while not self._writer.is_closing():
            self._writer.write(Frame(CONTROL, 0, b"").head())
            self._unanswered += 1
            await asyncio.sleep(_QUESTION)
            # Questions are counted, not seconds: the server itself may have been paused.
            if self._unanswered * _QUESTION > _SILENCE:
                self.kill(f"killed: no sign of life for {_SILENCE:g} s")
                return

    def _forget(self) -> None:
        """Answer whoever still waits."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._gone())
                answer.add_done_callback(_retrieved)
        self._waiting.clear()

    def _gone(self) -> ServingError:
        return ServingError(
            "UNAVAILABLE", "The model's process ended with this request. Try again later."
        )


async def _child(descriptor: int, path: Path, options: WorkerOptions) -> asyncio.subprocess.Process:
    config = options.config.SerializeToString().hex() if options.config else ""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{__package__}.worker", str(descriptor), str(path.absolute()),
        f"--threads={options.threads}", f"--config={config}", f"--warm_up={options.warm_up}",
        pass_fds=[descriptor],
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # a terminal's Ctrl-C is not for it
    )  # fmt: skip


def _error(frame: Frame) -> ServingError:
    return ServingError(_CODES.get(frame.value, "UNKNOWN"), frame.body.decode("utf-8", "replace"))


def _retrieved(answer: "asyncio.Future[bytes]") -> None:
    """Look at an answer that nobody may wait for; asyncio would complain of its error."""
    if not answer.cancelled():
        answer.exception()
