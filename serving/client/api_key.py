"""The token that lets a client in."""

import os
import re
from pathlib import Path

from .errors import ClientError

VARIABLE = "KERAS_T2I_API_KEY"
_TOKEN = re.compile("[\x21-\x7e]+")  # what a header can hold


def key_of_environment() -> str | None:
    """The token in the environment variable, if it holds one."""
    return os.environ.get(VARIABLE) or None


def key_of_file(path: Path) -> str:
    """The token that a file holds, in one line.

    Raises:
        ClientError: No such file, or not one token in it.
    """
    try:
        text = path.read_bytes()[:65536].decode("ascii").strip()
    except OSError as error:
        raise ClientError(f"--api-key-file {path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        text = ""
    if not _TOKEN.fullmatch(text):
        raise ClientError(
            f"--api-key-file {path}: must hold one token, of visible ASCII characters, in one line."
        )
    return text


def headers_of(key: str | None) -> dict[str, str]:
    """The headers of HTTP, or metadata of gRPC, that let a request in.

    Raises:
        ClientError: A token that no header can hold.
    """
    if key is None:
        return {}
    if not _TOKEN.fullmatch(key):  # the token itself is shown to nobody
        raise ClientError("The API key must consist of visible ASCII characters, without spaces.")
    return {"authorization": f"Bearer {key}"}
