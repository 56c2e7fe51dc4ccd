"""The authorities whose certificates a client believes."""

import ssl
from pathlib import Path

from .errors import ClientError


def context_of(ca_file: Path) -> ssl.SSLContext:
    """TLS that believes a file's authorities alone.

    Raises:
        ClientError: Not a file of certificates in PEM.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise ClientError(f"{ca_file}: must hold certificates in the form PEM.") from error
    except OSError as error:
        raise ClientError(f"{ca_file}: {error.strerror}.") from error
