"""The studio in headless Chromium, against really served models."""

import io
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from serving.studio.attention import attention_html
from tests.serving.running import Running, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


@contextmanager
def studio(model, name):
    """The page of a model that a server serves, at an address."""
    port = free_port()
    with Running(f"--model_base_path={model}", f"--model_name={name}") as server:
        url = f"http://127.0.0.1:{server.port}/v1/models/{name}"
        child = subprocess.Popen(
            [sys.executable, "-m", "serving.studio", "--url", url, "--port", str(port)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                assert child.poll() is None, child.stdout.read()
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/"
        finally:
            child.terminate()
            child.wait(20)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as tools:
        made = tools.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield made
        made.close()


def visit(browser, url, width=1100):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(60_000)
    page.outside = []
    page.on(
        "request",
        lambda r: (
            page.outside.append(r.url)
            if "127.0.0.1" not in r.url and not r.url.startswith(("data:", "blob:"))
            else None
        ),
    )
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector("text=Truncation")
    return page


def pictures(page, count):
    """The pictures that the page shows, once there are so many."""
    page.wait_for_function(
        "n => document.querySelectorAll(\"img[src*='/gradio_api/file']\").length >= n", arg=count
    )
    return page.locator("img[src*='/gradio_api/file']")


def press(page, tab, button):
    page.get_by_role("tab", name=tab).click()
    page.get_by_role("button", name=button, exact=True).click()


def test_a_model_of_captions(browser, exported):
    with studio(exported.parent, "colours") as url:
        page = visit(browser, url)
        page.get_by_label("Captions, one a line").fill("a red picture\nthis is blue")
        page.get_by_role("button", name="Draw", exact=True).click()
        assert pictures(page, 8).count() == 8
        with page.expect_download() as caught:
            page.get_by_role("link", name="pictures.zip").or_(
                page.locator("a[download]")
            ).first.click()
        with zipfile.ZipFile(caught.value.path()) as archive:
            held = [Image.open(io.BytesIO(archive.read(n))).size for n in archive.namelist()]
        assert held == [(16, 16)] * 8
        page.get_by_role("tab", name="Words").click()
        page.get_by_label("Caption", exact=True).fill("a red picture")
        page.get_by_role("button", name="Look", exact=True).click()
        page.wait_for_selector("span[title]:has-text('red')")
        page.get_by_role("tab", name="Between").click()
        page.get_by_label("From").fill("a red picture")
        page.get_by_label("To", exact=True).fill("this is blue")
        press(page, "Between", "Go")
        pictures(page, 9)
        page.get_by_role("tab", name="Arithmetic").click()
        for label, text in (
            ("This", "a red picture"), ("minus this", "this is red"), ("plus this", "this is blue")
        ):  # fmt: skip
            page.get_by_label(label, exact=True).fill(text)
        press(page, "Arithmetic", "Add up")
        pictures(page, 10)
        page.get_by_role("tab", name="Draw").click()
        page.get_by_label("Captions, one a line").fill("")
        page.get_by_role("button", name="Draw", exact=True).click()
        page.wait_for_selector("text=Say what to draw")
        assert page.outside == []


@pytest.mark.slow
def test_a_model_of_labels_on_a_phone(browser, exported_labels):
    with studio(exported_labels.parent, "sides") as url:
        page = visit(browser, url, width=390)
        page.get_by_role("button", name="Draw", exact=True).click()
        assert pictures(page, 4).count() == 4
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390  # nothing sticks out
        press(page, "Between", "Go")
        pictures(page, 5)


def test_attention_as_coloured_words():
    text = attention_html(["<start>", "red", ""], np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]))
    assert "&lt;start&gt;" in text
    assert text.count("<span") == 4  # padding is not shown
    assert 'title="0.500"' in text


def test_no_server_is_said():
    ended = subprocess.run(
        [sys.executable, "-m", "serving.studio", "--url", f"http://127.0.0.1:{free_port()}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "no answer after 5 attempts" in ended.stderr
    assert "Traceback" not in ended.stderr
