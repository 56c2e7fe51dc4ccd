"""A connection that asks again while the server is busy."""

import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .connection import Columns, Connection, Rows
from .errors import Busy, ClientError, Dropped
from .signature import Signature
from .waiting import Waiting

_FIRST = 0.25  # seconds
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class RetryingConnection:
    """A connection that asks again while the server is busy.

    Each wait is twice as long as the one before, less a random part of up to a half, so that
    clients that were refused together do not come back together. It is at least as long as the
    server asks. A request whose connection was dropped is sent again once: a connection that has
    stayed open may just have ended, but what ends a server shall not be sent to it five times.

    Args:
        inner: Connection that asks.
        url: URL of the server, for messages.
        retries: Further attempts.
        longest: Seconds that a server may ask to wait.
        waiting: Way to wait.
    """

    inner: Connection
    url: str
    retries: int
    longest: float
    waiting: Waiting

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        return await self._retried(self.inner.metadata)

    async def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        return await self._retried(lambda: self.inner.predict(name, signature, rows))

    async def close(self) -> None:
        """End the connection."""
        await self.inner.close()

    async def _retried(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        dropped = 0
        for attempt in itertools.count(1):
            try:
                return await ask()
            except Busy as error:
                dropped += isinstance(error, Dropped)
                if attempt > self.retries or dropped > 1:
                    raise ClientError(
                        f"{self.url}: no answer after {attempt} attempts ({error})."
                    ) from error
                if error.wait > self.longest:
                    raise ClientError(
                        f"{self.url}: busy ({error}); it asks to wait for {error.wait:g} s."
                    ) from error
                pause = _FIRST * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
                wait = max(pause, error.wait)
            await self.waiting.sleep(wait)
        raise AssertionError  # the attempts are counted without end
