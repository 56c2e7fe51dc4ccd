"""The messages that the page of errors explains are those of the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_PAGE = _ROOT / "docs" / "reference" / "errors.md"
_FOREIGN = {"ResourceExhaustedError", "Killed"}  # TensorFlow's and the shell's
_GAP = "\0"  # in the place of what a message fills in


def quoted() -> list[str]:
    """The messages of the page: the code at the beginning of its bullets."""
    found = re.findall(r"^- (`+)(.+)\1$", _PAGE.read_text("utf-8"), re.MULTILINE)
    return [message for _, message in found]


@cache
def texts() -> list[str]:
    """Every text of the code, with a gap for each value that is filled in."""
    files = [f for name in ("keras_t2i", "pipelines", "serving") for f in _files(_ROOT / name)]
    return [
        _text(node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp)
    ]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix == ".py":
            yield path


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else _GAP
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return _GAP


def says(text: str, parts: list[str]) -> bool:
    """Whether the parts stand in a text one after the other."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


def test_the_page_has_messages_and_each_once():
    found = quoted()
    assert len(found) > 80
    assert len(found) == len(set(found))


@pytest.mark.parametrize("message", quoted())
def test_a_message_of_the_page_is_one_of_the_code(message):
    if message in _FOREIGN:
        return
    parts = [part.strip() for part in message.split("…")]
    parts = [part for part in parts if part.strip(" .;:,()")]
    assert any(says(text, parts) for text in texts())
