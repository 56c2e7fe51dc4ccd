"""What the client makes of models of every kind, the same over both protocols."""

import numpy as np
import pytest
from PIL import Image

from serving.client import Client, ClientError
from serving.client.abilities import (
    CAPTIONS,
    LABELS,
    MELODIES,
    PICTURES_FROM_SEEDS,
    POINTS_FROM_SEEDS,
)
from serving.client.signature import signatures_of
from tests.serving.models import write_models
from tests.serving.running import Running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    config = write_models(tmp_path_factory.mktemp("models"))
    with Running(f"--model_config_file={config}", "--enable_batching", grpc=True) as running:
        yield running


@pytest.fixture(params=["http", "grpc"])
def ask(request, server):
    """A client of a model."""
    port = {"http": server.port, "grpc": server.grpc_port}[request.param]
    return lambda model: Client(f"{request.param}://127.0.0.1:{port}", model)


def colours(pictures):
    return [picture.getpixel((4, 4)) for picture in pictures]


def test_what_models_draw_from(ask):
    kinds = CAPTIONS.generate, LABELS.generate, PICTURES_FROM_SEEDS, POINTS_FROM_SEEDS, MELODIES
    drawn_from = {
        model: [kind for kind in kinds if ask(model).offers(kind)]
        for model in ("captions", "labels", "noise", "points", "melodies", "maps")
    }
    assert list(drawn_from.values()) == [*([kind] for kind in kinds), []]
    assert ask("captions").text_input is CAPTIONS
    assert ask("labels").text_input is LABELS


def test_pictures_points_and_melodies(ask):
    assert colours(ask("captions").generate(["a", "bcd"], 5, 0.5)) == [(1, 5, 50), (3, 6, 50)]
    assert colours(ask("labels").interpolate("a", "abc", 3, 7)) == [(n, 7, 0) for n in (1, 2, 3)]
    assert colours(ask("noise").draw(2, 8)) == [(8, 8, 100), (9, 9, 100)]
    np.testing.assert_array_equal(ask("points").points(2, 8, 0.25), [[8, 0.25], [9, 0.25]])
    np.testing.assert_array_equal(ask("melodies").melody("C G", 2), [[62] * 16, [63] * 16])
    after = ask("melodies").melody("C G", 2, first_bar=range(64, 80))
    np.testing.assert_array_equal(after, [range(64, 80), [63] * 16])
    dark, hole = Image.new("RGB", (3, 3), (9, 9, 9)), Image.new("L", (3, 3), 255)
    (light,) = ask("horses").translate([dark])
    (back,) = ask("horses").translate([light], back=True)
    assert (light.getpixel((1, 1)), back.getpixel((1, 1))) == ((246,) * 3, (123,) * 3)
    (filled,) = ask("holes").complete([dark], [hole])
    assert filled.getpixel((1, 1)) == (255, 0, 0)
    assert ask("labels").reconstruct([dark])[0].getpixel((1, 1)) == (9, 9, 9)


def test_texts_are_texts_and_files_are_bytes(ask):
    found = ask("captions").encode(["red bird"])
    assert found["tokens"].tolist() == [["red", "bird", "", "", ""]]
    np.testing.assert_array_equal(ask("captions").condition(["red"]), [[3, 1]])
    np.testing.assert_array_equal(ask("captions").noise([4]), [[4]])
    (group, marks) = ask("labels").label_groups()
    assert (group.name, group.labels, group.exclusive) == ("colour", ["red", "green", "blue"], True)
    assert (marks.name, marks.labels, marks.exclusive) == ("marks", ["dot"], False)
    assert ask("noise").label_groups() == []
    answer = ask("noise").call("generate", {"seed": [3], "truncation": [1.0]})
    assert answer["image_bytes"][0].startswith(b"\x89PNG")


def test_more_rows_than_the_server_takes_at_once(ask):
    """A request of 64 rows is refused, as batches have 32 at most; then come requests of 32."""
    client = Client(ask("points").url, "points", rows=64)
    np.testing.assert_array_equal(client.points(70, 1)[:, 0], range(1, 71))


def test_unknown_words_by_caption(ask):
    captions = ["red fox", "red bird", "", "fox ox", "red fox"]
    assert ask("captions").unknown_words(captions) == {"red fox": ["fox"], "fox ox": ["fox", "ox"]}
    assert ask("captions").unknown_words(["red"]) == ask("labels").unknown_words(["fox"]) == {}


def test_what_a_model_does_not_offer_is_said(ask):
    for work, rule in (
        (lambda: ask("noise").generate(["a"]), "noise draws from neither captions nor labels"),
        (lambda: ask("captions").draw(1), r"is caption, seed, truncation → .*needed is seed, trun"),
        (lambda: ask("points").draw(1), "is seed, truncation → point; needed is .* → image_bytes"),
        (lambda: ask("maps").translate([], back=True), "no signature 'translate_back'"),
        (lambda: ask("noise").call("generate", {"seeds": [1]}), "takes seed, trunc.*: seeds"),
    ):
        with pytest.raises(ClientError, match=rule):
            work()


@pytest.mark.parametrize(
    "answer", [{}, {"metadata": {}}, {"metadata": []}, [], {"metadata": {"signature_def": 1}}]
)
def test_an_answer_without_signatures_is_said(answer):
    with pytest.raises(ClientError, match="holds no signatures"):
        signatures_of(answer)
