"""An event loop in a thread of its own, for those who wait without one."""

import asyncio
import os
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


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """The loop of a process: threads do not come along when it is forked."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="serving.client", daemon=True).start()
    return made
