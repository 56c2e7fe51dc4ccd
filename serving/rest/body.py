"""A request's body, within bounds."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from ..errors import ServingError, invalid
from ..limits import Budget

_STEP = 1 << 20  # bytes that are decompressed at a time


@asynccontextmanager
async def held_body(
    request: Request, limit: int, budget: Budget, seconds: float
) -> AsyncIterator[bytes]:
    """A request's body, decompressed, counted as held until the block ends.

    Args:
        request: Request with the body.
        limit: Most bytes of it, as it comes and decompressed.
        budget: Bytes of all bodies that are held.
        seconds: Time that the client may take to send it.

    Raises:
        ServingError: Too large, not the gzip that it claims to be, or too much is held already.
        TimeoutError: The client took too long.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise invalid(f"Content-Encoding must be gzip. Received: {encoding[:40]}")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = received = 0
    with budget.body() as grow:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                received += len(part)
                if received > limit:
                    raise _too_large(limit)
                if part and inflate and inflate.eof:
                    raise invalid("The body goes on after the end of its gzip.")
                async for plain in _plain(inflate, part):
                    grow(len(plain))
                    size += len(plain)
                    parts.append(plain)
                    if size > limit:
                        raise _too_large(limit)
        if inflate and size and not inflate.eof:
            raise invalid("The gzip of the body is cut short.")
        yield b"".join(parts)


async def _plain(inflate: "zlib._Decompress | None", part: bytes) -> AsyncIterator[bytes]:
    """The bytes that a part of a body stands for, in steps that hold up nobody."""
    if inflate is None:
        yield part
        return
    while part:
        try:
            yield await asyncio.to_thread(inflate.decompress, part, _STEP)
        except zlib.error as error:
            raise invalid("The body is not gzip, as its Content-Encoding says.") from error
        if inflate.unused_data:
            raise invalid("The body goes on after the end of its gzip.")
        part = inflate.unconsumed_tail


def _too_large(limit: int) -> ServingError:
    return invalid(f"The body is larger than {limit >> 20} MB (--max_body_mb).")
