"""The README of the package has links that a package index can show."""

import re
import runpy
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_with_addresses = runpy.run_path(str(_ROOT / "setup.py"), run_name="setup")["with_addresses"]


def test_every_relative_link_and_picture_gets_an_address():
    text = (_ROOT / "README.md").read_text("utf-8")
    shown = _with_addresses(text, "https://example.org/a/b")
    links = re.findall(r"\]\(([^)]+)\)", shown) + re.findall(
        r"^\[\w+\]: (\S+)", shown, re.MULTILINE
    )
    assert len(links) > 20
    assert [link for link in links if not link.startswith("https://example.org/a/b/")] == []
    assert "![" in shown
    assert (
        re.findall(r"!\[[^\]]*\]\((?!https://example.org/a/b/raw/HEAD/docs/images/)", shown) == []
    )


def test_addresses_and_anchors_stay():
    for text in ("[a](https://x.org/y)", "[a](#b)", "[1]: https://x.org"):
        assert _with_addresses(text, "https://example.org/a/b") == text


def test_without_an_address_nothing_changes():
    assert _with_addresses("![a](b.png)", "") == "![a](b.png)"
