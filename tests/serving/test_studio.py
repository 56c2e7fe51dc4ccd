"""The studio in headless Chromium, against really served models."""

import io
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from serving.client import Client
from serving.studio.attention import attention_html
from serving.studio.folder import temporary_folder
from serving.studio.page import shown
from tests.serving.models import write_models
from tests.serving.running import Running, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PHONE = 390  # pixels


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of small models of every kind that asks for a key."""
    folder = tmp_path_factory.mktemp("models")
    config = write_models(folder)
    (folder / "key").write_text("secret\n")
    flags = f"--model_config_file={config}", f"--api_key_file={folder / 'key'}"
    with Running(*flags, "--enable_batching") as running:
        running.key = folder / "key"
        yield running


@contextmanager
def studio(server, model, folder, *words):
    """The page of a served model, at an address; it leaves no files and no traceback."""
    port = free_port()
    url = f"http://127.0.0.1:{server.port}/v1/models/{model}"
    words = [sys.executable, "-m", "serving.studio", "--url", url, "--port", str(port), *words]
    log, held = folder / "log", folder / "held"
    held.mkdir()
    with log.open("w") as output:
        child = subprocess.Popen(
            words, stdout=output, stderr=output, env={**os.environ, "TMPDIR": str(held)}
        )
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert child.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        child.terminate()
        assert child.wait(30) == 0
    assert "Traceback" not in log.read_text()
    assert list(held.iterdir()) == []


@pytest.fixture
def page_of(server, tmp_path):
    return lambda model, *words: studio(
        server, model, tmp_path, "--api-key-file", str(server.key), *words
    )


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as tools:
        made = tools.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield made
        made.close()


def visit(browser, url, width=1100):
    """A page whose requests to elsewhere are counted, as soon as it has a button."""
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
    page.wait_for_selector("button.primary")
    return page


def check_fits(page, width=PHONE):
    """Nothing sticks out of the page, and nothing came from elsewhere."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.outside == []


def pictures(page, count, within=".pictures"):
    """The pictures that a gallery shows, once there are so many; all can be seen."""
    found = page.locator(f"{within} .grid-container img")
    found.nth(count - 1).wait_for(state="visible")
    assert found.count() == count
    right = page.viewport_size["width"]
    for number in range(count):
        box = found.nth(number).bounding_box()
        assert box["x"] + box["width"] <= right
    return found


def press(page, button, tab=None):
    if tab is not None:
        page.get_by_role("tab", name=tab, exact=True).click()
    page.get_by_role("button", name=button, exact=True).click()


def test_a_model_of_captions(browser, page_of):
    with page_of("captions") as url:
        page = visit(browser, url)
        captions = page.get_by_label("Captions, one a line")
        captions.fill("a red fox\nthis is blue")
        page.wait_for_selector("u")  # as one types
        assert page.locator("u").all_inner_texts() == ["fox"]
        press(page, "Draw")
        pictures(page, 8)
        with page.expect_download() as caught:
            page.locator("a[download]").first.click()
        with zipfile.ZipFile(caught.value.path()) as archive:
            held = [Image.open(io.BytesIO(archive.read(n))).size for n in archive.namelist()]
        assert held == [(8, 8)] * 8
        pictures(page, 6, ".examples").nth(1).click()
        page.wait_for_function("!document.querySelector('u')")
        assert captions.input_value() == "a red bird"
        page.get_by_role("tab", name="Words").click()
        page.get_by_label("Caption", exact=True).fill("a red picture")
        press(page, "Look")
        page.wait_for_selector("span[title]:has-text('red')")
        press(page, "Go", "Between")
        page.get_by_role("button", name="Download").first.wait_for()
        press(page, "Add up", "Arithmetic")
        page.get_by_role("button", name="Download").first.wait_for()
        page.get_by_role("tab", name="Draw").click()
        captions.fill("")
        press(page, "Draw")
        page.wait_for_selector("text=Say what to draw")
        page.get_by_label("Seed").first.fill("")
        captions.fill("a red bird")
        press(page, "Draw")
        page.wait_for_selector("text=Seed must be a whole number")
        check_fits(page, 1100)


def test_a_model_of_labels_on_a_phone(browser, page_of):
    with page_of("labels") as url:
        page = visit(browser, url, PHONE)
        page.get_by_label("dot").check()
        press(page, "Draw")
        pictures(page, 4)
        page.locator(".pictures").get_by_text("red, dot · seed 3").wait_for()
        pictures(page, 6, ".examples").nth(2).click()
        page.wait_for_function(
            "[...document.querySelectorAll('input')].some(each => each.value == 'blue')"
        )
        check_fits(page)


def test_a_model_of_noise_alone_for_those_with_a_password(browser, page_of, tmp_path):
    (tmp_path / "accounts").write_text("anna:word\n")
    with page_of("noise", "--auth", str(tmp_path / "accounts")) as url:
        page = browser.new_page(viewport={"width": PHONE, "height": 900})
        page.goto(url, wait_until="domcontentloaded")
        for password in ("wrong", "word"):
            page.get_by_label("username").fill("anna")
            page.get_by_label("password").fill(password)
            page.get_by_role("button", name="Login").click()
            if password == "wrong":
                page.wait_for_selector("text=Incorrect")
        page.wait_for_selector("text=Truncation")
        press(page, "Draw")
        pictures(page, 4)
        page.get_by_text("seed 3").first.wait_for()
        with pytest.raises(OSError, match="401"):
            urllib.request.urlopen(f"{url}config")


def test_a_model_of_pictures_on_a_phone(browser, page_of, tmp_path):
    pixels = np.full((32, 32, 3), 40, "uint8")
    Image.fromarray(pixels).save(tmp_path / "dark.png")
    (tmp_path / "text.png").write_text("no picture")
    with page_of("horses") as url:
        page = visit(browser, url, PHONE)
        page.locator("input[type=file]").first.set_input_files(tmp_path / "dark.png")
        page.locator("img[src*='dark.png']").wait_for()
        press(page, "Translate")
        with page.expect_download() as caught:
            page.get_by_role("button", name="Download").first.click()
        assert Image.open(caught.value.path()).convert("RGB").getpixel((5, 5)) == (215,) * 3
        check_fits(page)
        press(page, "Translate back", "Translate back")
        page.wait_for_selector("text=Give a picture")


def test_a_model_of_holes_is_painted_upon(browser, page_of):
    with page_of("holes") as url:
        page = visit(browser, url, PHONE)
        pictures(page, 2, ".examples").nth(0).click()
        canvas = page.locator("canvas").first
        page.wait_for_function("!document.body.innerText.includes('select the draw tool')")
        page.wait_for_timeout(1000)
        press(page, "Complete")
        page.wait_for_selector("text=Paint over the part to fill.")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 30, y)
        page.mouse.down()
        page.mouse.move(x + 30, y + 5, steps=5)
        page.mouse.up()
        press(page, "Complete")
        with page.expect_download() as caught:
            page.get_by_role("button", name="Download").first.click()
        pixels = np.asarray(Image.open(caught.value.path()).convert("RGB")).astype(int)
        red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60)  # what the model fills a hole with
        assert 0.005 < red.mean() < 0.5
        check_fits(page)


def test_a_model_of_chords_plays(browser, page_of):
    with page_of("melodies") as url:
        page = visit(browser, url, PHONE)
        page.get_by_text("Am F C G").click()
        page.wait_for_function(
            "[...document.querySelectorAll('input, textarea')].some(e => e.value == 'Am F C G')"
        )
        press(page, "Compose")
        page.get_by_label("Play").first.wait_for()
        page.wait_for_selector("text=0:08")  # four bars
        page.get_by_text("D#4").first.wait_for()
        check_fits(page)


def test_who_waits_sees_the_queue(browser, server, monkeypatch):
    client = Client(f"http://127.0.0.1:{server.port}/v1/models/noise", api_key="secret")
    with temporary_folder() as folder, shown(client, folder, "127.0.0.1", None) as made:
        go, draw = threading.Event(), client.draw
        monkeypatch.setattr(client, "draw", lambda *words: go.wait(60) and draw(*words))
        first, second = visit(browser, made.local_url), visit(browser, made.local_url)
        press(first, "Draw")
        first.wait_for_selector("text=processing")
        press(second, "Draw")
        second.wait_for_selector("text=queue: 1/1")
        go.set()
        pictures(first, 4)
        pictures(second, 4)


def test_attention_as_coloured_words():
    text = attention_html(["<start>", "red", ""], np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]))
    assert "&lt;start&gt;" in text
    assert text.count("<span") == 4  # padding is not shown
    assert 'title="0.500"' in text


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["--port", "0"], "--port must lie in 1 to 65535. Received: 0."),
        (["--auth", "none"], "--auth none: No such file"),
        (["--api-key-file", "none"], "--api-key-file none: No such file"),
        (["--examples", "none"], "--examples none: No such file"),
        ([], "no answer after 5 attempts"),
    ],
)
def test_what_cannot_be_is_said(words, rule):
    url = f"http://127.0.0.1:{free_port()}"
    ended = subprocess.run(
        [sys.executable, "-m", "serving.studio", "--url", url, *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert rule in ended.stderr
    assert "Traceback" not in ended.stderr
