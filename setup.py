"""The README as a package index shows it: relative links become addresses.

A package index shows no picture and follows no link that is relative to a repository. Where
KERAS_T2I_URL names the repository (`https://github.com/OWNER/NAME`), they lead there; without it
they stay as they are.
"""

import os
import re
from pathlib import Path

from setuptools import setup

# [text](path), ![text](path) and "[1]: path", where the path is no address and no anchor.
_LINK = re.compile(r"(!?)(\[[^\]]*\]\()(?!\w+:|#)([^)]+\))|^(\[\w+\]: )(?!\w+:)(\S+)", re.MULTILINE)


def with_addresses(text: str, url: str) -> str:
    """The text with relative pictures and links beneath the repository's address."""

    def link(found: re.Match[str]) -> str:
        if found[4]:
            return f"{found[4]}{url}/blob/HEAD/{found[5]}"
        return f"{found[1]}{found[2]}{url}/{'raw' if found[1] else 'blob'}/HEAD/{found[3]}"

    return _LINK.sub(link, text) if url else text


if __name__ == "__main__":
    text = (Path(__file__).parent / "README.md").read_text("utf-8")
    setup(
        long_description=with_addresses(text, os.environ.get("KERAS_T2I_URL", "").rstrip("/")),
        long_description_content_type="text/markdown",
    )
