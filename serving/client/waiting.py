"""Ways of a client to wait for what it has asked: blocking its thread, or in an event loop.

The code that asks is written once, as coroutines. Of a client that blocks they never wait, but are
done when they are first run (`finished`): all that could wait has been waited for in here.
"""

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from . import background

if TYPE_CHECKING:
    import httpx

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class HttpAnswer:
    """Answer of an HTTP server.

    Args:
        status: Status code.
        headers: Headers by name, in any case.
        content: Body, without compression.
    """

    status: int
    headers: "httpx.Headers"
    content: bytes


class Waiting(Protocol):
    """A way to wait."""

    def http(self, **options: Any) -> Any:
        """A client of httpx."""

    async def send(self, http: Any, request: "httpx.Request", seconds: float) -> HttpAnswer:
        """Send a request and read the whole answer.

        Raises:
            httpx.RequestError: There is none, or none in time.
        """

    async def close_http(self, http: Any) -> None:
        """Close a client of httpx."""

    def channel(self, place: str, credentials: Any, options: Any) -> Any:
        """A channel of gRPC."""

    async def result(self, call: Any) -> Any:
        """The result of a call over such a channel."""

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""


class InEventLoop:
    """Waiting that lets the other tasks of an event loop of asyncio work."""

    def http(self, **options: Any) -> Any:
        """A client of httpx."""
        import httpx

        return httpx.AsyncClient(**options)

    async def send(self, http: Any, request: "httpx.Request", seconds: float) -> HttpAnswer:
        """Send a request and read the whole answer."""
        import httpx

        try:
            async with asyncio.timeout(seconds):
                answer = await http.send(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("too slow", request=request) from error
        return HttpAnswer(answer.status_code, answer.headers, answer.content)

    async def close_http(self, http: Any) -> None:
        """Close a client of httpx."""
        await http.aclose()

    def channel(self, place: str, credentials: Any, options: Any) -> Any:
        """A channel of gRPC, of the loop that runs."""
        import grpc.aio

        if credentials is None:
            return grpc.aio.insecure_channel(place, options)
        return grpc.aio.secure_channel(place, credentials, options)

    async def result(self, call: Awaitable[Any]) -> Any:
        """The result of the call."""
        return await call

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        await asyncio.sleep(seconds)


class Blocking(InEventLoop):
    """Waiting that stops the thread.

    HTTP is waited for in an event loop of a thread of its own: only there can an answer be given up
    at any moment, as when its headers come one byte a second.
    """

    async def send(self, http: Any, request: "httpx.Request", seconds: float) -> HttpAnswer:
        """Send a request and read the whole answer."""
        return background.result(super().send(http, request, seconds))

    async def close_http(self, http: Any) -> None:
        """Close a client of httpx."""
        background.result(super().close_http(http))

    def channel(self, place: str, credentials: Any, options: Any) -> Any:
        """A channel of gRPC."""
        import grpc

        if credentials is None:
            return grpc.insecure_channel(place, options)
        return grpc.secure_channel(place, credentials, options)

    async def result(self, call: Any) -> Any:
        """The call itself: it has ended."""
        return call

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        time.sleep(seconds)


def finished(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of a coroutine that blocks where it waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("A coroutine of a client that blocks has waited.")
