"""Messages between the server and a worker: a number, a value, and bytes."""

import asyncio
import struct
from io import BufferedRWPair
from typing import NamedTuple

_HEAD = struct.Struct("!QQQ")  # 32 bits of numbers would be used up in weeks
CONTROL = 0  # number of what is no request: the greeting, and questions whether a worker lives


class Frame(NamedTuple):
    """A message between the server and a worker.

    Args:
        number: Number of the request that it belongs to, or `CONTROL`.
        value: Milliseconds that a request may take, 0 for no limit; number of an answer's canonical
            code of RPC, 0 for success.
        body: A serialized `PredictRequest`, or for an answer `PredictResponse`, or the words of an
            error.
    """

    number: int
    value: int
    body: bytes

    def head(self) -> bytes:
        """The bytes that go before the body."""
        return _HEAD.pack(self.number, self.value, len(self.body))


def read(stream: BufferedRWPair) -> Frame | None:
    """The next message; `None` at the end."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    number, value, size = _HEAD.unpack(head)
    body = stream.read(size)
    return Frame(number, value, body) if len(body) == size else None


async def receive(stream: asyncio.StreamReader) -> Frame | None:
    """The next message, in a loop; `None` at the end."""
    try:
        number, value, size = _HEAD.unpack(await stream.readexactly(_HEAD.size))
        return Frame(number, value, await stream.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
