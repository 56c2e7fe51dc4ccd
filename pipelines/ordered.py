"""Work on a stream in threads, in order and a few steps ahead."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def ordered_map(
    function: Callable[[Any], Any], values: Iterable[Any], ahead: int = 64
) -> Iterator[Any]:
    """`map` in threads: results come in the order of the values, at most `ahead` are held.

    Args:
        function: Function that is called in threads; its errors are raised here, in order.
        values: Values that are drawn one by one as results are taken.
        ahead: Number of values drawn before the first result is given.
    """
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for value in values:
                waiting.append(pool.submit(function, value))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
