"""One version of a model that is served: its worker process, started again when it ends."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from .errors import ServingError
from .process import Unsent, Worker, WorkerOptions
from .protos import predict_pb2
from .signatures import Signatures
from .tensors import array, packed

_LOG = logging.getLogger("serving")
_LONGEST_WAIT = 60.0  # seconds between two starts of a worker that always ends
_LIVED = 60.0  # seconds after which a worker counts as one that works
_RETIRING = 60.0  # seconds that requests get of a worker whose place another one has
_ANY_NUMBER = 1 << 40  # elements of an output: the model decides


class Servable:
    """A version of a model.

    Args:
        name: Name of the model.
        version: Number of the version.
        path: Folder of the version.
        options: Settings of its worker process.
    """

    def __init__(self, name: str, version: int, path: Path, options: WorkerOptions) -> None:
        self.name, self.version, self.path = name, version, path
        self.signatures = Signatures({})
        self._users = 0
        self._options = options
        self._worker: Worker | None = None
        self._watching: asyncio.Task | None = None
        self._retiring: set[asyncio.Task] = set()

    async def start(self) -> None:
        """Load the version, and watch over its process from then on.

        Raises:
            ServingError: The version cannot be loaded.
        """
        self._worker = await Worker.start(self.path, self._options)
        self.signatures = self._worker.signatures
        self._watching = asyncio.create_task(self._watch())

    @property
    def process(self) -> int | None:
        """Number of the worker process; `None` while it is started again."""
        return self._worker.process if self._worker else None

    @contextmanager
    def in_use(self) -> Iterator["Servable"]:
        """Keep the version loaded for a block: from when a request finds it to its answer."""
        self._users += 1
        try:
            yield self
        finally:
            self._users -= 1

    async def run(
        self, name: str, tensors: Mapping[str, np.ndarray], seconds: float | None = None
    ) -> dict[str, np.ndarray]:
        """The outputs of a signature; strings are arrays of bytes objects.

        Args:
            name: Name of the signature; empty for the default one.
            tensors: Inputs of the signature by name.
            seconds: Time after which it is stopped; `None` for no limit.

        Raises:
            ServingError: The inputs do not fit, the graph refuses them, the time is over, or the
                process ended or is not there.
        """
        self.signatures.check_inputs(name, tensors)
        request = predict_pb2.PredictRequest()
        request.model_spec.signature_name = name
        for key, value in tensors.items():
            request.inputs[key].CopyFrom(packed(value))
        held = await self._answer(request.SerializeToString(), seconds)
        answer = predict_pb2.PredictResponse.FromString(held)
        return {key: array(value, _ANY_NUMBER) for key, value in answer.outputs.items()}

    async def _answer(self, request: bytes, seconds: float | None) -> bytes:
        """The answer of the process, or of the one that has taken its place meanwhile."""
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        while True:
            worker = self._worker
            if worker is None:
                raise ServingError("UNAVAILABLE", f"The model {self.name} is being started again.")
            try:
                return await worker.run(request, None if end is None else end - loop.time())
            except Unsent:
                if self._worker is worker:
                    raise

    async def stop(self, seconds: float = 0.0) -> None:
        """End the process, once its requests are answered or a time is over."""
        end = asyncio.get_running_loop().time() + seconds
        while self._users and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        for task in (self._watching, *self._retiring):
            if task is not None:
                task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        if self._worker is not None:
            await self._worker.stop()

    async def _watch(self) -> None:
        """Put another process in the place of one that has ended, or that is stuck."""
        loop, wait = asyncio.get_running_loop(), 0.0
        while (worker := self._worker) is not None:
            started = loop.time()
            reason = await worker.spent()
            _LOG.error("the process of %s version %d %s", self.name, self.version, reason)
            wait = 0.0 if loop.time() - started > _LIVED else wait
            while self._worker is worker or self._worker is None:
                if not worker.alive:
                    self._worker = None
                await asyncio.sleep(wait)
                wait = min(max(1.0, 2 * wait), _LONGEST_WAIT)
                try:
                    # Without recorded requests: whoever waits is served sooner.
                    self._worker = await Worker.start(self.path, replace(self._options, warm_up=0))
                    self.signatures = self._worker.signatures  # of what its folder holds by now
                except (ServingError, OSError) as error:
                    _LOG.error("%s version %d: %s", self.name, self.version, error)
            _LOG.info("%s version %d is served again", self.name, self.version)
            task = asyncio.create_task(self._retire(worker))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def _retire(self, worker: Worker) -> None:
        """End a process whose place another one has, once nobody waits for it."""
        end = asyncio.get_running_loop().time() + _RETIRING
        try:
            while worker.awaited and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.1)
        finally:
            await worker.stop()
