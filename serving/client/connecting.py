"""Choice of the protocol for an address."""

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
        from .grpc_connection import GrpcConnection

        return GrpcConnection(address, timeout)
    raise ClientError(
        f"{address.scheme}://{address.place}: must begin with http://, https:// or grpc://."
    )
