"""The code blocks of the documents.

A mark is a comment of HTML on a line of its own between the text and the fence:

    <!-- not run: REASON -->   the tests do not run the block; its commands' options are checked
    <!-- file: NAME -->        the block is the content of a file that the page's reader saves
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ("bash", "python")

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)\s*(?P<language>[\w+-]*)(?P<rest>.*)$")
_MARK = re.compile(r"^\s*<!--\s*(?P<name>not run|file):\s*(?P<value>.*?)\s*-->\s*$")


@dataclass(frozen=True)
class Block:
    """A fence of a page.

    Args:
        page: The page, from the project's root.
        line: Number of the line that opens the fence.
        language: What stands behind the fence; empty where nothing does.
        text: Its lines, without the indentation of the fence.
        not_run: Why the tests do not run it; `None` where they do.
        file: Name of the file whose content it is; `None` where it is none.
    """

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None = None
    file: str | None = None

    @property
    def runs(self) -> bool:
        """Whether the tests run it."""
        return self.language in RUN and self.not_run is None and self.file is None

    @property
    def fate(self) -> str:
        """What the tests do with it, in words."""
        if self.file is not None:
            return f"saved as {self.file}"
        if self.runs:
            return "run"
        if self.not_run is not None:
            return f"not run: {self.not_run}"
        return "no code"

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """README.md and all pages below docs/, from the project's root."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    return [page.relative_to(ROOT) for page in found]


def prose() -> list[Path]:
    """All documents in Markdown that a reader meets: the pages, and those of the root."""
    root = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
    return [*pages(), *(Path(name) for name in root if (ROOT / name).exists())]


def blocks_of(page: Path) -> list[Block]:
    """The fences of a page, in order."""
    return list(_read(page, (ROOT / page).read_text("utf-8").split("\n")))


def _read(page: Path, lines: Sequence[str]) -> Iterator[Block]:
    marks: dict[str, str] = {}
    place = 0
    while place < len(lines):
        line = lines[place]
        if mark := _MARK.match(line):
            marks[mark["name"]] = mark["value"]
        elif opened := _FENCE.match(line):
            close = re.compile(rf"^ *{opened['fence'][0]}{{{len(opened['fence'])},}}\s*$")
            end = next(
                (i for i in range(place + 1, len(lines)) if close.match(lines[i])), len(lines)
            )
            held = [_without(opened["indent"], each) for each in lines[place + 1 : end]]
            yield Block(
                page,
                place + 1,
                opened["language"],
                textwrap.dedent("\n".join(held)) + "\n",
                marks.get("not run"),
                marks.get("file"),
            )
            marks, place = {}, end
        elif line.strip():
            marks = {}
        place += 1


def _without(indent: str, line: str) -> str:
    return line.removeprefix(indent) if line.startswith(indent) else line.lstrip(" ")
