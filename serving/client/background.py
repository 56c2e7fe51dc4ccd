"""An event loop in a thread of its own, for those who wait without one."""

import asyncio
import concurrent.futures
import os
import socket
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_ONE = threading.Lock()  # threads that begin at the same time share a loop


def result(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of a coroutine, which is given up when the wait for it is."""
    with _ONE:
        loop = _loop(os.getpid())
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    finally:
        future.cancel()


class _Loop(asyncio.SelectorEventLoop):
    """A loop that looks names up in threads for which the end of the process does not wait."""

    async def getaddrinfo(self, *asked: Any, **named: Any) -> Any:
        """Addresses of a host, as `socket.getaddrinfo` gives them."""
        found: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def look() -> None:
            try:
                found.set_result(socket.getaddrinfo(*asked, **named))
            except Exception as error:
                found.set_exception(error)

        threading.Thread(target=look, name="serving.client: name", daemon=True).start()
        # Shielded: one that nobody waits for any more is still there for its thread.
        return await asyncio.shield(asyncio.wrap_future(found))


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """The loop of a process: threads do not come along when it is forked."""
    made = _Loop()
    threading.Thread(target=made.run_forever, name="serving.client", daemon=True).start()
    return made
