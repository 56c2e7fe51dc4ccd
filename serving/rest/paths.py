"""Targets of the REST API's paths."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from ..errors import ServingError, invalid

_WHICH = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:?]+))?"
_GET = re.compile(rf"/v1/models(?:/(?P<name>[^/:?]+){_WHICH}(?P<metadata>/metadata)?)?", re.ASCII)
_POST = re.compile(
    rf"/v1/models/(?P<name>[^/:?]+){_WHICH}:(?P<verb>predict|classify|regress)", re.ASCII
)
_PATTERNS = {"GET": _GET, "POST": _POST}
_PREFIX = re.compile(r"^/v1/models", re.IGNORECASE)
_MAX_VERSION = 2**63 - 1


@dataclass(frozen=True)
class Target:
    """A model, one of its versions, and what to do with it.

    Args:
        name: Name of the model; empty where the path names none.
        version: Number of its version.
        label: Name of its version.
        verb: Verb `predict`, `classify` or `regress`; empty where something is only read.
        metadata: Whether the signatures are asked for, not the state.
    """

    name: str
    version: int | None = None
    label: str | None = None
    verb: str = ""
    metadata: bool = False


def is_api(path: str) -> bool:
    """Whether a path is of the API at all."""
    return path.lower().startswith("/v1/")


def parse_path(method: str, path: str) -> Target:
    """The target of a path, with its query string if it has one, as it came over the wire.

    Raises:
        ServingError: Not a path of this method.
    """
    path = _PREFIX.sub("/v1/models", path)
    pattern = _PATTERNS.get(method)
    found = pattern.fullmatch(path) if pattern else None
    if found is None:
        raise invalid(f"Malformed request: {method} {path[:200]}")
    parts = found.groupdict()
    return Target(
        name=unquote(parts["name"] or ""),
        version=_version(parts["version"]),
        label=None if parts["label"] is None else unquote(parts["label"]),
        verb=parts.get("verb") or "",
        metadata=bool(parts.get("metadata")),
    )


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    # The length is checked first: Python converts thousands of digits slowly, or not at all.
    if len(text.lstrip("0")) > 19 or int(text) > _MAX_VERSION:
        raise ServingError(
            "INVALID_ARGUMENT", f"Failed to convert version: {text[:40]} to numeric."
        )
    return int(text)
