"""The documents' site: it finds words without a server and without another one's files."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.slow
@pytest.mark.skipif(not _CHROMIUM.exists(), reason="needs Chromium at /usr/bin/chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_search_from_a_folder(tmp_path, width):
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    words = ["-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    subprocess.run([sys.executable, *words], cwd=_ROOT, check=True)
    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "tasks" / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width  # nothing sticks out
        page.keyboard.press("/")
        page.keyboard.type("gradient penalty")
        found = page.locator(".md-search-result__item a").first
        found.wait_for(timeout=20_000)
        found.click()
        page.wait_for_load_state()
        assert "penalt" in page.inner_text("article").lower()
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
