"""Addresses of folders on other file systems: `gs://bucket/data/birds`."""

import re
from pathlib import Path

_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):(?:/+(?P<rest>.*))?")
_OF_THIS_MACHINE = ("file", "local")  # their paths begin with a slash


def is_address(where: Path | str) -> bool:
    """Whether a place is an address; as a `Path` it has lost one of its slashes, or both."""
    return bool(_ADDRESS.fullmatch(str(where)))


def address_of(where: Path | str) -> str:
    """An address with all its slashes, and none at its end.

    Args:
        where: An address (`is_address`).
    """
    matched = _ADDRESS.fullmatch(str(where))
    assert matched is not None
    root = "/" if matched["scheme"] in _OF_THIS_MACHINE else ""
    return f"{matched['scheme']}://{root}{(matched['rest'] or '').rstrip('/')}"


def named(where: Path | str) -> str:
    """A place as a user writes it: its address, or its path."""
    return address_of(where) if is_address(where) else str(where)
