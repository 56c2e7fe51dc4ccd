"""Service that answers requests, over REST or gRPC."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import numpy as np

from .batching import Batcher, Tensors
from .errors import ServingError, invalid
from .examples import CLASSIFY, REGRESS, Examples
from .limits import Limits
from .manager import ModelManager
from .servable import Servable

_WORDS = {CLASSIFY: "classification", REGRESS: "regression"}


class Gate:
    """Lets a limited number of requests in at a time, of one model no more than its share.

    Args:
        limit: Number of requests of one model.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside: Counter[str] = Counter()

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Be inside for a block.

        Raises:
            ServingError: The gate is full.
        """
        if self._inside[name] >= self._limit:
            raise ServingError("UNAVAILABLE", "Too many requests are waiting; try again later.")
        self._inside[name] += 1
        try:
            yield
        finally:
            self._inside[name] -= 1
            self._inside += Counter()  # forgets names without requests


@asynccontextmanager
async def within(deadline: float | None) -> AsyncIterator[None]:
    """Stop a block at a time of the loop; `None` for never.

    Raises:
        ServingError: DEADLINE_EXCEEDED, the block took longer.
    """
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(deadline) as limit:
            yield
    except TimeoutError as error:
        seconds = (limit.when() or started) - started
        raise ServingError(
            "DEADLINE_EXCEEDED", f"The request took longer than {seconds:.3g} s."
        ) from error


@dataclass(frozen=True)
class Service:
    """Runs signatures of the loaded models.

    Args:
        manager: Manager of the models.
        gate: Limit of the requests that wait for a model.
        limits: Bounds of requests.
        batcher: Batcher of rows of several requests; `None` runs each request alone.
        timeout: Seconds that a request may take; 0 for no limit.
    """

    manager: ModelManager
    gate: Gate
    limits: Limits = field(default_factory=Limits)
    batcher: Batcher | None = None
    timeout: float = 30.0

    async def predict(
        self,
        servable: Servable,
        signature: str,
        tensors: Mapping[str, np.ndarray],
        deadline: float | None,
    ) -> Tensors:
        """The outputs of a signature.

        Args:
            servable: Version to run.
            signature: Name of the signature; empty for the default one.
            tensors: Inputs of the signature by name.
            deadline: Time of the loop at which it is stopped; `None` for never.

        Raises:
            ServingError: The inputs do not fit, the graph refuses them, or it takes too long.
        """
        servable.signatures.find(signature)
        with self.gate.inside(servable.name):
            seconds = None
            if deadline is not None:
                seconds = deadline - asyncio.get_running_loop().time()
                if seconds <= 0:
                    raise ServingError("DEADLINE_EXCEEDED", "The request's time is over.")
            if self.batcher is None or not _have_equal_rows(tensors):
                return await servable.run(signature, tensors, seconds)
            return await self.batcher.run(
                (servable, signature),
                lambda fed, left: servable.run(signature, fed, left),
                tensors,
                seconds,
            )

    async def infer(
        self, servable: Servable, method: str, request: Examples, deadline: float | None
    ) -> Tensors:
        """The outputs of a signature of the methods classify or regress.

        Args:
            servable: Version to run.
            method: `CLASSIFY` or `REGRESS`.
            request: Examples, and the name of the signature.
            deadline: Time of the loop at which it is stopped; `None` for never.

        Raises:
            ServingError: The signature is of another method, or as in `predict`.
        """
        definition = servable.signatures.find(request.signature_name)
        if definition.method_name != method:
            raise invalid(
                f"Expected {_WORDS[method]} signature method_name to be {method}. "
                f"Was: {definition.method_name}"
            )
        tensors = {"inputs": np.array(request.serialized, dtype=object)}
        return await self.predict(servable, request.signature_name, tensors, deadline)


def _have_equal_rows(tensors: Mapping[str, np.ndarray]) -> bool:
    """Whether the tensors have the same number of rows, at least one."""
    if any(value.ndim == 0 for value in tensors.values()):
        return False
    rows = {len(value) for value in tensors.values()}
    return len(rows) == 1 and 0 not in rows
