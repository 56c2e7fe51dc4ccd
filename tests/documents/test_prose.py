"""What the documents name is there; pictures are described; lines fit a terminal."""

import re

import pytest

from keras_t2i.catalogue import PRESETS
from tests.documents.blocks import ROOT, pages, prose

_HISTORY = ("docs/decisions/", "CHANGELOG.md")  # they name files that are gone, too
_PAGES = [pytest.param(page, id=str(page)) for page in pages()]
_PROSE = [pytest.param(page, id=str(page)) for page in prose()]
_LONGEST = 120
_ONE_LINK = re.compile(
    r"^[\s>*+-]*!?\[[^\]]*\]\([^)]*\)[.,;:]?\s*$|^\s*(\[[^\]]*\]:\s*)?<?https?://\S+$"
)


@pytest.mark.parametrize("page", _PROSE)
def test_every_file_that_a_page_names_exists(page):
    files = {f.relative_to(ROOT).as_posix() for f in ROOT.glob("[!.]*/**/*.py")}
    files |= {f"keras_t2i/{name}" for name in files if name.startswith(("pipelines", "serving"))}
    text = (ROOT / page).read_text("utf-8")
    own = set(re.findall(r"<!-- file: (\S+) -->", text))
    named = set(re.findall(r"`([\w/]+\.py)\b", text)) - own
    named = set() if str(page).startswith(_HISTORY) else {n for n in named if "TASK" not in n}
    assert [n for n in sorted(named) if not any(f"/{f}".endswith(f"/{n}") for f in files)] == []
    linked = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", _without_code(text))
    assert [link for link in linked if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_preset_is_named_on_its_tasks_page():
    """As `name`, on docs/tasks/TASK.md, TASK being the folder of its experiment."""
    missing = []
    for name, make in PRESETS.items():
        task = type(make()).__module__.split(".")[2]
        page = ROOT / "docs/tasks" / f"{task}.md"
        if not page.exists() or not _names(page.read_text("utf-8"), name):
            missing.append(f"docs/tasks/{task}.md: {name}")
    assert missing == []


def _names(text: str, preset: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(preset)}(?![\w-])", text) is not None


@pytest.mark.parametrize("page", _PROSE)
def test_every_picture_has_an_alternative_text(page):
    text = _without_code((ROOT / page).read_text("utf-8"))
    wordless = re.findall(r"!\[\s*\]\([^)]*\)", text)
    for tag in re.findall(r"<img\b[^>]*>", text):
        if not re.search(r"""alt=["'][^"']+["']""", tag):
            wordless.append(tag)
    assert wordless == []


@pytest.mark.parametrize("page", _PROSE)
def test_no_line_of_a_page_is_longer_than_a_terminal(page):
    lines = (ROOT / page).read_text("utf-8").split("\n")
    long = [n for n, line in enumerate(lines, 1) if len(line) > _LONGEST]
    assert [f"{page}:{n}" for n in long if not _ONE_LINK.match(lines[n - 1])] == []


def _without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)


def test_links_alone_may_be_long():
    assert _ONE_LINK.match(f"![A picture of {'x' * 200}](images/x.png)")
    assert _ONE_LINK.match(f"- [a page]({'x' * 200}).")
    assert not _ONE_LINK.match(f"see [a page]({'x' * 200}) for more")
