"""A client of a served model; on the command line `python -m serving.client`."""

from .async_client import AsyncClient
from .client import Client, LabelGroup
from .errors import ClientError

__all__ = ["AsyncClient", "Client", "ClientError", "LabelGroup"]
