"""Choice of the protocol for an address."""

import difflib

from .connection import Address, Connection
from .errors import ClientError


def connect(address: Address, timeout: float) -> Connection:
    """The connection of an address; nothing is sent yet.

    Args:
        address: Address of the model.
        timeout: Seconds for an answer.

    Raises:
        ClientError: The protocol is unknown.
    """
    if address.scheme in ("http", "https"):
        from .rest_connection import RestConnection

        return RestConnection(address, timeout)
    if address.scheme == "grpc":  # TensorFlow takes seconds to import, and REST does without it
        from ..quiet import load_tensorflow

        load_tensorflow()
        from .grpc_connection import GrpcConnection

        return GrpcConnection(address, timeout)
    near = difflib.get_close_matches(address.scheme, ("http", "https", "grpc"), 1)
    hint = f" Did you mean {near[0]}://?" if near else ""
    raise ClientError(
        f"{address.scheme}://{address.place}: must begin with http://, https:// or grpc://.{hint}"
    )
