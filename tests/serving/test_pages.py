"""The studio's page of every kind of model, over the page's own API: no browser."""

import io
import threading
import wave
import zipfile
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import gradio_client
import httpx
import numpy as np
import pytest
from gradio.data_classes import DataWithFiles
from PIL import Image

from serving.client import Client, ClientError
from serving.studio.examples import Examples
from serving.studio.folder import temporary_folder
from serving.studio.page import MINE, page, panels_of
from serving.studio.page import shown as shown_page
from serving.studio.picture_fields import painter, picture_of
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.models import MODELS, write_models
from tests.serving.running import Running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    config = write_models(tmp_path_factory.mktemp("models"))
    with Running(f"--model_config_file={config}", "--enable_batching", grpc=True) as running:
        yield running


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A picture's file: dark on the left, light on the right."""
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    pixels = np.full((8, 8, 3), 40, "uint8")
    pixels[:, 4:] = 200
    Image.fromarray(pixels).save(path)
    return path


def client_of(server, model):
    return Client(f"http://127.0.0.1:{server.port}/v1/models/{model}")


@contextmanager
def shown(server, model, **more):
    """The API of a model's page."""
    with (
        temporary_folder() as folder,
        shown_page(client_of(server, model), folder, "127.0.0.1", None, **more) as made,
    ):
        yield gradio_client.Client(made.local_url, verbose=False)


def config_of(server, model):
    client = client_of(server, model)
    return page(client, panels_of(client), Examples()).get_config_file()


def components(server, model):
    """What is on a model's page: tabs' names, and (kind, label) of the fields."""
    found = [
        (each["type"], each["props"].get("label"))
        for each in config_of(server, model)["components"]
    ]
    tabs = [label for kind, label in found if kind == "tabitem"]
    return tabs, {(kind, label) for kind, label in found if kind != "tabitem"}


def strip_of(path):
    """The colours of the pictures side by side in a picture's file, 256 pixels each and gaps."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    return [tuple(map(int, pixels[128, x])) for x in range(128, pixels.shape[1], 260)]


def colours_of(archive):
    with zipfile.ZipFile(archive) as held:
        return [Image.open(held.open(name)).getpixel((0, 0)) for name in held.namelist()]


@pytest.mark.parametrize(
    ("model", "tabs"),
    [
        ("captions", ["Draw", "Words", "Between", "Arithmetic"]),
        ("labels", ["Draw", "Between", "Arithmetic", "Reconstruct", "Labels"]),
        ("untold-labels", ["Draw", "Between", "Arithmetic"]),
        ("noise", ["Draw"]),
        ("points", ["Draw"]),
        ("melodies", ["Compose"]),
        ("maps", ["Translate"]),
        ("horses", ["Translate", "Translate back"]),
        ("holes", ["Complete"]),
        ("classifier", ["Labels"]),
    ],
)
def test_a_page_has_the_tabs_that_its_model_has_signatures_for(server, model, tabs):
    found, fields = components(server, model)
    assert found == tabs
    asks_for_text = {label for kind, label in fields if kind == "textbox"}
    assert bool(asks_for_text) == (model in ("captions", "labels", "untold-labels", "melodies"))
    assert ("textbox", "Captions, one a line") not in fields or model == "captions"


def test_only_captions_begin_with_captions(server):
    for model in MODELS:
        config = config_of(server, model)
        values = [str(each["props"].get("value")) for each in config["components"]]
        assert any("bird" in value for value in values) == (model == "captions"), model


def test_every_kind_of_model_has_a_page(server):
    assert all(components(server, model)[0] for model in MODELS)


def test_a_model_of_other_signatures_has_no_page(tmp_path):
    write_half_plus_two(tmp_path / "half" / "1")
    flags = "--model_name=half", f"--model_base_path={tmp_path / 'half'}"
    with Running(*flags) as server, pytest.raises(ClientError, match=r"no signature.* x → y"):
        panels_of(client_of(server, "half"))


def test_captions(server):
    with shown(server, "captions") as api:
        gallery, archive = api.predict("ab\n\n cde \n", 3, 7, 0.5, api_name="/draw")
        assert [each["caption"] for each in gallery] == [
            f"{text} · seed {seed}" for text in ("ab", "cde") for seed in (7, 8, 9)
        ]
        assert colours_of(archive) == [(n, seed, 50) for n in (2, 3) for seed in (7, 8, 9)]
        words = api.predict("red <bird>", api_name="/words")
        assert "&lt;bird&gt;" in words
        assert words.count('title="1.000"') == 2
        way = strip_of(api.predict("a" * 10, "b" * 80, 9, api_name="/between"))
        assert way == [(10 * step, 9, 0) for step in range(1, 9)]
        # 9 letters − 4 + 2 = 7; 1 − 1 + 1 = 1, drawn as 50
        found = strip_of(api.predict("a" * 9, "b" * 4, "cd", 3, api_name="/arithmetic"))
        assert found == [(red, 3, 50) for red in (9, 4, 2, 7)]


def test_unknown_words_are_underlined(server):
    """The model of captions knows no word with an x."""
    with shown(server, "captions") as api:
        assert api.predict("red bird\nbird", api_name="/unknown_words") == ""
        told = api.predict("red <b>\n A Fox, an ox ", api_name="/unknown_words")
        assert told.count("<u ") == 2
        assert "A <u" in told
        assert ">Fox,</u> an <u" in told
        assert "&lt;" not in told  # only captions with unknown words are shown


def test_chosen_labels(server, picture):
    with shown(server, "labels") as api:
        gallery, archive = api.predict("green", ["dot"], 2, 5, 1.0, api_name="/draw")
        assert [each["caption"] for each in gallery] == [
            "green, dot · seed 5",
            "green, dot · seed 6",
        ]
        assert colours_of(archive) == [(10, 5, 100), (10, 6, 100)]
        way = strip_of(api.predict("red", "old blonde", 2, api_name="/between"))
        assert way == [(3 + step, 2, 0) for step in range(8)]
        # 1 − 0 + 1 and 1 − 1 + 1: vectors of labels stay within 0 and 1
        found = strip_of(api.predict("green", "red", "blue", 4, api_name="/arithmetic"))
        assert found == [(red, 4, 50) for red in (1, 0, 1, 1)]
        assert read(api.predict(gradio_client.handle_file(picture), api_name="/classify")) == {
            "red": 0.5, "green": 0.25, "blue": 0.25, "dot": 1.0
        }  # fmt: skip
        made = api.predict(gradio_client.handle_file(picture), api_name="/reconstruct")
        assert ends(made) == (40, 200)


def read(label):
    return {each["label"]: each["confidence"] for each in label["confidences"]}


def ends(path):
    """The red at the left and at the right edge of a picture's file."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    return int(pixels[0, 0, 0]), int(pixels[0, -1, 0])


def test_written_labels(server):
    with shown(server, "untold-labels") as api:
        _, archive = api.predict("male\nfemale, old", 1, 0, 1.0, api_name="/draw")
        assert colours_of(archive) == [(4, 0, 100), (11, 0, 100)]
        with pytest.raises(Exception, match="Say what to draw"):
            api.predict(" \n", 1, 0, 1.0, api_name="/draw")


def test_noise(server):
    with shown(server, "noise") as api:
        gallery, archive = api.predict(3, 20, 0.25, api_name="/draw")
        assert [each["caption"] for each in gallery] == ["seed 20", "seed 21", "seed 22"]
        assert colours_of(archive) == [(seed, seed, 25) for seed in (20, 21, 22)]
        with pytest.raises(Exception, match="Seed must be a whole number"):
            api.predict(3, None, 1.0, api_name="/draw")


def test_points(server):
    with shown(server, "points") as api:  # more than a batching server takes at once
        plot = api.predict(70, 100, 0.5, api_name="/draw")
        assert plot["columns"] == ["x", "y"]
        assert plot["data"] == [[seed, 0.5] for seed in range(100, 170)]


def test_melodies(server):
    with shown(server, "melodies") as api:
        player, table = api.predict(" C  Am ", 3, "", api_name="/compose")
        assert table["headers"] == ["chord", *map(str, range(1, 17))]
        assert table["data"] == [["C", *["D#4"] * 16], ["Am", *["E4"] * 16]]
        with wave.open(player) as sound:
            assert sound.getnframes() / sound.getframerate() == pytest.approx(4, abs=0.01)
        begin = "c4 C#5, 62 " + "E4 " * 13
        _, table = api.predict("C Am", 3, begin, api_name="/compose")
        assert table["data"][0] == ["C", "C4", "C#5", "D4", *["E4"] * 13]
        for chords, bar, rule in (
            (" ", "", "Give 1 to 32 chords"),
            ("C " * 33, "", "Received: 33"),
            ("C", "C4 D4", "must have 16 notes. Received: 2"),
            ("C", "H4 " * 16, "such as C4, F#5 or 60. Received: H4"),
        ):
            with pytest.raises(Exception, match=rule):
                api.predict(chords, 3, bar, api_name="/compose")


def test_pictures(server, picture):
    file = gradio_client.handle_file(picture)
    with shown(server, "horses") as api:
        assert ends(api.predict(file, api_name="/translate")) == (215, 55)
        assert ends(api.predict(file, api_name="/translate_back")) == (20, 100)
        with pytest.raises(Exception, match="Give a picture"):
            api.predict(None, api_name="/translate")


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("text.png", b"no picture", "must be one of PNG, JPEG"),
        ("cut.png", None, "cannot be read"),
        ("vectors.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "must be one of PNG, JPEG"),
    ],
)
def test_files_that_are_no_pictures_are_told(server, tmp_path, name, content, rule):
    file = tmp_path / name
    if content is None:
        held = io.BytesIO()
        Image.effect_noise((64, 64), 50).save(held, "PNG")
        content = held.getvalue()[:-300]
    file.write_bytes(content)
    with shown(server, "classifier") as api, pytest.raises(Exception, match=rule):
        api.predict(gradio_client.handle_file(file), api_name="/classify")


def test_a_huge_picture_is_not_decoded(monkeypatch, tmp_path):
    Image.new("1", (8000, 7000)).save(tmp_path / "huge.png")
    monkeypatch.setattr("serving.studio.picture_fields.decoded", None)
    with pytest.raises(ClientError, match="at most 50 million pixels"):
        picture_of(str(tmp_path / "huge.png"))


def test_a_large_picture_is_sent_smaller(tmp_path):
    Image.new("L", (5000, 100), 7).save(tmp_path / "wide.png")
    found = picture_of((tmp_path / "wide.png").read_bytes())
    assert (found.size, found.getpixel((9, 9))) == ((2048, 41), (7, 7, 7))


def test_holes(server, picture, tmp_path):
    def painted(alpha):
        layer = np.zeros((8, 8, 4), "uint8")
        layer[:, 4:, 3] = alpha
        Image.fromarray(layer).save(tmp_path / "layer.png")
        file = gradio_client.handle_file(picture)
        layers = [gradio_client.handle_file(tmp_path / "layer.png")]
        return {"background": file, "layers": layers, "composite": file}

    with shown(server, "holes") as api:
        assert ends(api.predict(painted(255), api_name="/complete")) == (40, 255)
        with pytest.raises(Exception, match="Paint over the part to fill"):
            api.predict(painted(0), api_name="/complete")


def test_a_painter_keeps_few_and_small_paintings():
    """Gradio's own field grows with each part that a visitor sends, and with a layer's number."""
    field = painter("Picture")

    def send(number, index="null"):
        data = {"type": "layer" if index != "null" else "background", "index": index}
        field.accept_blobs(
            DataWithFiles(data={**data, "id": str(number)}, files=[("blob", b"part")])
        )

    for number in range(40):
        send(number)
    assert list(field.blob_storage) == [str(number) for number in range(24, 40)]
    send(39, "7")
    for index in ("8", "100000000000", "-1", "x"):
        with pytest.raises(gr.Error, match="layer"):
            send(39, index)
    assert len(field.blob_storage["39"].layers) == 8


def test_a_press_draws_so_many_pictures_at_most(server):
    with shown(server, "captions") as api:
        gallery, _ = api.predict("ab\n" * 16, 4, 7, 0.5, api_name="/draw")
        assert len(gallery) == 64
        with pytest.raises(Exception, match=r"At most 64 .* Received: 17 lines, 4 pictures of"):
            api.predict("ab\n" * 17, 4, 7, 0.5, api_name="/draw")
        with pytest.raises(Exception, match=r"within ±2\^53"):
            api.predict("ab", 4, 2**60, 0.5, api_name="/draw")


def test_a_page_without_a_field_for_pictures_takes_no_files(server):
    for model, status in (("noise", 404), ("classifier", 200)):
        with shown(server, model) as api:
            part = {"files": ("a.png", b"12345")}
            taken = httpx.post(f"{api.src}gradio_api/upload", files=part)
            assert taken.status_code == status
            assert httpx.get(f"{api.src}gradio_api/file=/etc/passwd").status_code == 403
    assert not Path(taken.json()[0]).exists()  # gone with the page


def test_an_address_has_so_many_presses(server, monkeypatch):
    go = threading.Event()
    with shown(server, "noise") as api:
        monkeypatch.setattr(Client, "draw", lambda *_: go.wait(60) and [])
        names = {each["api_name"]: each["id"] for each in api.config["dependencies"]}
        press = {"data": [4, 0, 1.0], "fn_index": names["draw"], "session_hash": "me"}
        join = f"{api.src}gradio_api/queue/join"
        found = [httpx.post(join, json=press) for _ in range(MINE + 1)]
        go.set()
    assert [each.status_code for each in found] == [200] * MINE + [429]
    assert "presses of yours are waiting" in found[-1].json()["detail"]


def test_examples_that_are_given_stand_first(server, tmp_path):
    (tmp_path / "texts.txt").write_text("\nkind bird\n brown dog \n", "utf-8")
    given = Examples.of_path(tmp_path / "texts.txt")
    client = client_of(server, "captions")
    parts = page(client, panels_of(client), given).get_config_file()["components"]
    (gallery,) = [p["props"] for p in parts if p["props"].get("label") == "Examples; choose one"
                  and p["type"] == "gallery"]  # fmt: skip
    assert [each["caption"] for each in gallery["value"]] == [
        "kind bird · seed 0", "brown dog · seed 0"
    ]  # fmt: skip
    Image.new("RGB", (9, 5)).save(tmp_path / "one.png")
    (picture,) = Examples.of_path(tmp_path).some_pictures()
    assert picture.size == (9, 5)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("none.txt", None, "No such file"),
        ("empty.txt", b" \n", "no text in it. It needs one a line"),
        ("picture.png", b"\x89PNG\xff", "neither a folder of pictures nor a text"),
    ],
)
def test_examples_that_are_none_are_told(tmp_path, name, content, rule):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ClientError, match=rule):
        Examples.of_path(tmp_path / name)


def test_labels_of_pictures(server, picture):
    with shown(server, "classifier") as api:
        found = api.predict(gradio_client.handle_file(Path(picture)), api_name="/classify")
        assert read(found)["dot"] == 1.0
