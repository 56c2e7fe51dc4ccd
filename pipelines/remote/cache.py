"""Folders of this machine for what lies elsewhere."""

import hashlib
from pathlib import Path

from ..fetching import cache_folder
from .address import address_of


def folder_for(use: str, where: Path | str) -> Path:
    """The folder here that stands for an address; it has the address's last name.

    Args:
        use: Name of the use; two uses never meet in one folder.
        where: The address.
    """
    address = address_of(where)
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    return cache_folder() / "remote" / use / digest / address.rsplit("/", 1)[-1]
