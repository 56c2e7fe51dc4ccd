"""The contract of the ways to a served model."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from .errors import Busy, ClientError
from .signature import Signature

Rows = Mapping[str, Sequence[Any]]
"""Columns of inputs by name; texts are `str`, pictures `bytes`."""
Columns = dict[str, list[Any]]
"""Columns of outputs by name; `bytes` where the name ends with `_bytes`, other texts `str`."""
_Answer = TypeVar("_Answer")


class Connection(Protocol):
    """A way to one served model.

    Its methods raise `Busy` where trying again may help, else `ClientError`.
    """

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""

    def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature.

        Args:
            name: Name of the signature.
            signature: Inputs and outputs of the signature.
            rows: Columns of inputs.
        """


@dataclass(frozen=True)
class Address:
    """Address of a served model.

    Args:
        scheme: Protocol: `http`, `https` or `grpc`.
        place: Host and port, `HOST:PORT`.
        model: Name of the model.
        version: Number of the version; `None` for the newest.
    """

    scheme: str
    place: str
    model: str
    version: int | None = None


def address_of(url: str, model: str, version: int | None) -> Address:
    """The address that a URL means.

    Args:
        url: `http://HOST:8501` or `grpc://HOST:8500`, perhaps with `/v1/models/NAME`.
        model: Name of the model, if the URL does not say it.
        version: Number of the version; `None` for the newest.

    Raises:
        ClientError: No address.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port  # a number that is no port raises
    except ValueError as error:
        raise ClientError(f"{url}: no address of a server ({error}).") from error
    if not parts.hostname or port == 0:
        raise ClientError(f"{url}: no address of a server; it must be such as http://HOST:8501.")
    named = parts.path.strip("/").split("/")
    if named[:2] == ["v1", "models"] and len(named) > 2:
        model = unquote(named[2])
    return Address(parts.scheme, parts.netloc, model, version)


@dataclass(frozen=True)
class RetryingConnection:
    """A connection that asks again while the server is busy.

    Args:
        inner: Connection that asks.
        url: URL of the server, for messages.
        retries: Further attempts; the first waits a quarter of a second, each next one twice as
            long.
    """

    inner: Connection
    url: str
    retries: int

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        return self._retried(self.inner.metadata)

    def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        return self._retried(lambda: self.inner.predict(name, signature, rows))

    def _retried(self, ask: Callable[[], _Answer]) -> _Answer:
        attempt = 0
        while True:
            try:
                return ask()
            except Busy as error:
                if attempt >= self.retries:
                    raise ClientError(
                        f"{self.url}: no answer after {attempt + 1} attempts ({error})."
                    ) from error
            time.sleep(0.25 * 2**attempt)
            attempt += 1
