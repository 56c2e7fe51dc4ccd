"""The settings of a client: which model it asks, and how."""

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .address import Address, address_of
from .api_key import headers_of, key_of_environment
from .certificates import context_of
from .connection import Connection
from .errors import ClientError
from .parts import PartsConnection
from .retrying import RetryingConnection
from .waiting import Waiting


@dataclass
class Endpoint:
    """A served model and how it is asked; the fields are those of `Client`."""

    url: str
    model: str = "default"
    version: int | None = None
    timeout: float = 60.0
    retries: int = 4
    label: str | None = None
    api_key: str | None = field(default_factory=key_of_environment, repr=False)
    ca_file: Path | str | None = None
    rows: int = 32

    def __post_init__(self) -> None:
        self._address = address_of(self.url, self.model, self.version, self.label)
        self.model = self._address.model
        self.version, self.label = self._address.version, self._address.label
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ClientError(f"The time-out must be above 0 s. Received: {self.timeout}.")
        if self.retries < 0:
            raise ClientError(f"The retries must be at least 0. Received: {self.retries}.")
        if self.rows < 1:
            raise ClientError(f"The rows of a request must be at least 1. Received: {self.rows}.")
        if self.ca_file is not None and not self._address.encrypted:
            raise ClientError(f"{self._address}: certificates go with https:// or grpcs://.")

    def connect(self, waiting: Waiting) -> Connection:
        """A connection; nothing is sent yet.

        Args:
            waiting: Way to wait for answers.

        Raises:
            ClientError: An API key, a file of certificates or settings of the system that cannot
                be.
        """
        made = _PROTOCOLS[self._address.scheme](self, self._address, waiting)
        retrying = RetryingConnection(made, str(self._address), self.retries, self.timeout, waiting)
        return PartsConnection(retrying, self.rows)

    def headers(self) -> dict[str, str]:
        """Headers that let each request in."""
        if self._address.user:  # who is let in by the URL's user and password
            return {}
        return headers_of(self.api_key)


def _rest(endpoint: Endpoint, address: Address, waiting: Waiting) -> Any:
    from .rest_connection import RestConnection  # gRPC does without httpx

    tls = None if endpoint.ca_file is None else context_of(Path(endpoint.ca_file))
    return RestConnection(address, endpoint.headers(), endpoint.timeout, tls, waiting)


def _grpc(endpoint: Endpoint, address: Address, waiting: Waiting) -> Any:
    # Beside the errors that it raises, the library writes lines of its own to stderr.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from .grpc_connection import GrpcConnection  # REST does without gRPC

    roots = None
    if endpoint.ca_file is not None:
        context_of(Path(endpoint.ca_file))  # gRPC itself takes any file
        roots = Path(endpoint.ca_file).read_bytes()
    return GrpcConnection(address, endpoint.headers(), endpoint.timeout, roots, waiting)


_PROTOCOLS = {"http": _rest, "https": _rest, "grpc": _grpc, "grpcs": _grpc}
