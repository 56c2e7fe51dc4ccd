"""A connection that sends many rows in parts that the server takes."""

import re
from typing import Any

from .connection import Columns, Connection, Rows
from .errors import ClientError
from .signature import Signature

_LARGEST = 16_000_000  # bytes of texts and pictures that a part may hold
# The second is TensorFlow Serving's where it divides large batches itself.
_TOO_MANY = re.compile(r"Task size \d+ is .* maximum (?:input )?batch size (\d+)")


class PartsConnection:
    """A connection that sends many rows in parts that the server takes.

    A server that batches requests says how many rows it takes at most when it gets too many. It is
    asked again with so many, and no more from then on.

    Args:
        inner: Connection that asks.
        rows: Most rows of a part.
    """

    def __init__(self, inner: Connection, rows: int) -> None:
        self._inner, self._rows = inner, rows

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        return await self._inner.metadata()

    async def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature, once or several times.

        Raises:
            ClientError: Columns of several lengths, or an answer of another number of rows.
        """
        if not signature.by_rows:
            return await self._inner.predict(name, signature, rows)
        counts = {key: len(column) for key, column in rows.items()}
        if len(set(counts.values())) > 1:
            raise ClientError(f"The inputs must have equally many rows. Received: {counts}.")
        found: Columns = {key: [] for key in signature.outputs}
        done, count = 0, next(iter(counts.values()), 0)
        while done < count:
            size = self._size(rows, done, count)
            part = {key: column[done : done + size] for key, column in rows.items()}
            try:
                answer = await self._inner.predict(name, signature, part)
            except ClientError as error:
                self._rows = _fewer(error, size)
                continue
            for key, column in _whole(answer, signature, size).items():
                found[key] += column
            done += size
        return found

    async def close(self) -> None:
        """End the connection."""
        await self._inner.close()

    def _size(self, rows: Rows, start: int, end: int) -> int:
        """Number of rows of the part that begins with a row."""
        held = 0
        for number in range(start, min(start + self._rows, end)):
            held += sum(_bytes(column[number]) for column in rows.values())
            if held > _LARGEST and number > start:
                return number - start
        return min(self._rows, end - start)


def _bytes(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes) else 8


def _fewer(error: ClientError, size: int) -> int:
    """The number of rows that a server takes; any other error, or no fewer, is raised again."""
    found = _TOO_MANY.search(str(error))
    if found is None or not 0 < int(found[1]) < size:
        raise error
    return int(found[1])


def _whole(answer: Columns, signature: Signature, size: int) -> Columns:
    """An answer, checked: each output and all its rows."""
    wrong = [
        key
        for key in signature.outputs
        if not isinstance(answer.get(key), list) or len(answer[key]) != size
    ]
    if wrong:
        raise ClientError(
            f"The server's answer to {size} rows lacks some of the output {wrong[0]!r}."
        )
    return {key: answer[key] for key in signature.outputs}
