"""The commands in a bash block, and what they are of this project."""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_t2i.commands.main import _COMMANDS
from tests.documents.blocks import ROOT, Block

OURS = ("keras_t2i", "pipelines", "serving", "benchmarks")
_BEFORE = {"nice": 0, "time": 0, "exec": 0, "nohup": 0, "timeout": 1}  # words of their own
_SETTING = re.compile(r"^[A-Za-z_]\w*=")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")


@dataclass(frozen=True)
class Command:
    """A simple command.

    Args:
        line: Number of the page's line on which it begins.
        text: As it stands there, continued lines joined.
        end: What follows it: `&&`, `||`, `;`, `|`, `&`, or nothing.
    """

    line: int
    text: str
    end: str = ""

    @property
    def words(self) -> list[str]:
        """Its words, as the shell would part them, with nothing replaced."""
        return shlex.split(self.text)


@dataclass(frozen=True)
class Call:
    """A command that is a program of this project.

    Args:
        module: Module that is run, under its installed name; or `None`.
        script: File that is run; or `None`.
        first: Number of the command's words before its arguments.
        settings: Variables of the environment that are set for it, as NAME=VALUE.
    """

    module: str | None
    script: str | None
    first: int
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The module or the file."""
        return self.module or self.script or ""


def call_of(words: list[str]) -> Call | None:
    """What a command is of this project; `None` of other programs."""
    place, settings = 0, []
    while place < len(words) and (_SETTING.match(words[place]) or words[place] in _BEFORE):
        if _SETTING.match(words[place]):
            settings.append(words[place])
        place += 1 + _BEFORE.get(words[place], 0)
    left = words[place:]
    if not left:
        return None
    program = Path(left[0]).name
    given = tuple(settings)
    if program == "keras-t2i" and len(left) > 1:
        module = _COMMANDS[left[1]][0] if left[1] in _COMMANDS else f"keras-t2i {left[1]}"
        return Call(module, None, place + 2, given)
    if not re.fullmatch(r"python[\d.]*", program) or len(left) < 2:
        return None
    if left[1] == "-m" and len(left) > 2 and left[2].split(".")[0] in OURS:
        return Call(installed(left[2]), None, place + 3, given)
    if left[1].endswith(".py"):
        return Call(None, left[1], place + 2, given)
    return None


def installed(module: str) -> str:
    """A module's installed name: `pipelines.prepare` is `keras_t2i.pipelines.prepare`."""
    return f"keras_t2i.{module}" if module.split(".")[0] in ("pipelines", "serving") else module


def exists(module: str) -> bool:
    """Whether `python -m MODULE` finds something to run."""
    place = ROOT / Path(*module.split("."))
    return place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()


def commands(block: Block) -> Iterator[list[Command]]:
    """The lines of a bash block, each the simple commands in it; joined where they go on."""
    lines, place = block.text.split("\n"), 0
    while place < len(lines):
        first, text = place, lines[place]
        place += 1
        while place < len(lines) and not _is_whole(text):
            text = f"{text}\n{lines[place]}"
            place += 1
        if document := _HEREDOC.search(text):
            while place < len(lines) and lines[place - 1].strip() != document[1]:
                text = f"{text}\n{lines[place]}"
                place += 1
            yield [Command(block.line + 1 + first, text)]
            continue
        if found := list(_simple(text.replace("\\\n", " "), block.line + 1 + first)):
            yield found


def _is_whole(text: str) -> bool:
    """Whether neither a quotation nor a line's end leaves the text open."""
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return not text.endswith("\\")


def _simple(text: str, line: int) -> Iterator[Command]:
    """Part a text at what separates commands, outside of quotations; comments go."""
    quote, start, place = "", 0, 0

    def command(end: str) -> Iterator[Command]:
        if held := text[start:place].strip():
            yield Command(line, held, end)

    while place < len(text):
        letter = text[place]
        if letter == "\\" and quote != "'":
            place += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (place == 0 or text[place - 1].isspace()):
            yield from command("")
            rest = text.find("\n", place)
            place = start = len(text) if rest < 0 else rest + 1
            continue
        elif letter in ";|&\n" and not (letter == "&" and text[max(0, place - 1)] in "<>"):
            double = text[place : place + 2]
            end = double if double in ("&&", "||") else letter.strip()
            yield from command(end)
            place += len(double) if double in ("&&", "||") else 1
            start = place
            continue
        place += 1
    yield from command("")


def environment() -> dict[str, str]:
    """What a page's programs run in: this checkout, and its Python first."""
    import sys

    folder = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
