"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from keras_t2i.catalogue import PRESETS

_ROOT = Path(__file__).parent.parent
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]
_PLACEHOLDERS = {"tasks/TASK/presets.py"}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page):
    files = {f.relative_to(_ROOT).as_posix() for f in _ROOT.glob("[!.]*/**/*.py")}
    files |= {f"keras_t2i/{name}" for name in files if name.startswith(("pipelines", "serving"))}
    text = page.read_text("utf-8")
    named = set(re.findall(r"`([\w/]+\.py)\b", text)) - _PLACEHOLDERS
    assert [n for n in sorted(named) if not any(f"/{f}".endswith(f"/{n}") for f in files)] == []
    linked = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in linked if not (page.parent / link).exists()] == []


def test_the_readme_names_every_preset():
    """As `name`, or as a base whose row says `also -demo` or `…-demo`."""
    table = (_ROOT / "README.md").read_text("utf-8").split("## Presets")[1].split("\n## ")[0]
    named = set(re.findall(r"`([\w-]+)`", table))
    suffixes = re.findall(r"`…?(-[\w-]+)`", table)
    known = named | {base + suffix for base in named for suffix in suffixes}
    known |= {re.sub(r"-8-gaussians$", "-25-gaussians", name) for name in named}
    assert sorted(set(PRESETS) - known) == []
