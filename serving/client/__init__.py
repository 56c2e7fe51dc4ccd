"""A client of a served model; on the command line `python -m serving.client`."""

from .client import Client, LabelGroup
from .errors import ClientError

__all__ = ["Client", "ClientError", "LabelGroup"]
