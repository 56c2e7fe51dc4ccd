"""The pages of commands and presets are what the code says."""

import pytest

from benchmarks.command_pages import PAGES, ROOT, same


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_is_what_the_code_says_today(page):
    written = page.read_text("utf-8")
    assert same(written, PAGES[page]()), "run `python -m benchmarks.command_pages`"
    assert max(map(len, written.splitlines())) <= 120
