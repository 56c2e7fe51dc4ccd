"""The places of stored tables in the documents."""

import re
from pathlib import Path

from benchmarks.results.table import read

ROOT = Path(__file__).parents[2]
_PLACE = re.compile(r"<!-- results: ([\w-]+) -->\n(.*?)<!-- end of results -->", re.DOTALL)


def pages() -> list[Path]:
    """All pages that may hold a table."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """A page's text with each table as it is stored now.

    Raises:
        SystemExit: A marker names no stored table.
    """

    def with_table(place: re.Match[str]) -> str:
        table = read(place[1]).markdown()
        start = f"<!-- results: {place[1]} -->"
        return "\n\n".join([start, table, "<!-- end of results -->"])

    return _PLACE.sub(with_table, text)


def shown() -> set[str]:
    """The names of the tables that a page shows."""
    return {name for page in pages() for name, _ in _PLACE.findall(page.read_text("utf-8"))}
