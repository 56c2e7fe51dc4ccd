"""Addresses of served models."""

import difflib
import re
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from .errors import ClientError

_PORTS = {"http": None, "https": None, "grpc": 8500, "grpcs": 443}  # if the URL has none
_SHOULD = "it must be such as http://HOST:8501/v1/models/NAME"
_PLACE = re.compile(r"[^\s/?#@\\]+")
_USER = re.compile("//[^/]*@")
_PATH = re.compile(
    r"(?P<before>.*?)/v1/models/(?P<model>[^/:]+)"
    r"(/versions/(?P<version>[^/:]+)|/labels/(?P<label>[^/:]+))?"
)
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Address:
    """Address of a served model.

    Args:
        scheme: Protocol: `http`, `https`, `grpc` or `grpcs`.
        place: Host and port, `HOST:PORT`; of HTTP also `USER:PASSWORD@HOST:PORT`.
        model: Name of the model.
        version: Number of the version.
        label: Label of the version; without either, the newest is meant.
        before: Path at which a proxy has the server, such as `/birds`; of HTTP alone.
    """

    scheme: str
    place: str
    model: str
    version: int | None = None
    label: str | None = None
    before: str = ""

    @property
    def encrypted(self) -> bool:
        """Whether the connection is by TLS."""
        return self.scheme in ("https", "grpcs")

    @property
    def user(self) -> bool:
        """Whether the URL holds a user's name."""
        return "@" in self.place

    def __str__(self) -> str:
        """The address of the server, for messages: without user and password."""
        return f"{self.scheme}://{self.place.rpartition('@')[2]}"


def address_of(url: str, model: str, version: int | None, label: str | None) -> Address:
    """The address that a URL means.

    Args:
        url: `http://HOST:8501`, or another protocol; perhaps with `/v1/models/NAME` and with
            `/versions/N` or `/labels/LABEL` after it.
        model: Name of the model, if the URL does not say it.
        version: Number of the version.
        label: Label of the version.

    Raises:
        ClientError: No address, or another version there than the one that is given.
    """
    parts = _parts(url)
    url = _USER.sub("//", url)  # from here on for messages alone
    found = _PATH.fullmatch(parts.path.rstrip("/"))
    if found is None and parts.path.strip("/"):
        raise ClientError(
            f"{url}: no address of a model: its path must be /v1/models/NAME, perhaps with "
            f"/versions/NUMBER or /labels/LABEL. Received: {parts.path}"
        )
    before = ""
    if found is not None:
        before, model = found["before"], unquote(found["model"])
        version = _agreed(url, "version", _number(url, found["version"]), version)
        label = _agreed(url, "label", found["label"] and unquote(found["label"]), label)
    if version is not None and label is not None:
        raise ClientError(f"{url}: a version is named by its number or by its label, not by both.")
    if version is not None and not 0 <= version < 2**63:
        raise ClientError(f"{url}: a version must lie in [0, 2^63). Received: {version}.")
    if not model or not model.isprintable() or label == "":
        raise ClientError(f"{url}: a model and a label must have a name.")
    made = Address(parts.scheme, _place(url, parts), model, version, label, before)
    if parts.scheme.startswith("grpc") and (before or made.user):
        raise ClientError(f"{url}: gRPC has neither users nor a path before /v1/models.")
    return made


def _parts(url: str) -> SplitResult:
    whole = url if "://" in url else f"http://{url}"
    url = _USER.sub("//", whole)
    try:
        parts = urlsplit(whole)
        port, host = parts.port, parts.hostname  # a number that is no port raises
    except ValueError as error:
        raise ClientError(f"{url}: no address of a server ({error}).") from error
    if parts.scheme not in _PORTS:
        near = difflib.get_close_matches(parts.scheme, _PORTS, 1)
        hint = f" Did you mean {near[0]}://?" if near else ""
        raise ClientError(f"{url}: must begin with http://, https://, grpc:// or grpcs://.{hint}")
    if not host or port == 0 or not _PLACE.fullmatch(parts.netloc.rpartition("@")[2]):
        raise ClientError(f"{url}: no address of a server; {_SHOULD}.")
    if parts.query or parts.fragment or not url.isprintable():
        raise ClientError(f"{url!r}: no address of a model; {_SHOULD}, with nothing after it.")
    return parts


def _place(url: str, parts: SplitResult) -> str:
    try:
        parts.netloc.encode("ascii" if parts.username else "idna")
    except UnicodeError as error:
        raise ClientError(f"{url}: no address of a server ({error}).") from error
    default = _PORTS[parts.scheme]
    place = parts.netloc.removesuffix(":")
    return place if parts.port or default is None else f"{place}:{default}"


def _number(url: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,19}", text):
        raise ClientError(f"{url}: a version must be a whole number. Received: {text}.")
    return int(text)


def _agreed(url: str, what: str, there: _Value | None, given: _Value | None) -> _Value | None:
    """The value of the URL or the one that is given, which must not differ."""
    if there is not None and given is not None and there != given:
        raise ClientError(f"{url}: the URL has another {what} than the one given: {given}.")
    return given if there is None else there
