"""What exported models refuse, and how they say it: in TensorFlow's C library, as servers run them.

Servers show these messages to their clients.
"""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_t2i
from keras_t2i.exporting.picture_size import MOST_PIXELS, bounded
from tests.served import all_answers, refusals_of
from tests.tiny_labels import SCHEMA

_CAPTION = {"caption": ["this is red"]}
_NAN, _INFINITE = float("nan"), float("inf")


def generate(*truncation):
    count = len(truncation)
    return {
        "caption": _CAPTION["caption"] * count,
        "seed": list(range(count)),
        "truncation": truncation,
    }


def interpolate(alpha):
    ends = {"caption_from": _CAPTION["caption"], "caption_to": _CAPTION["caption"]}
    return {**ends, "alpha": [alpha], "seed": [0]}


def wanted(rule):
    return f"assertion failed: [{rule}]"


def test_numbers_outside_their_rules(exported, trained):
    sampler = trained.experiment.task(trained, trained.data).sampler
    noise = [[0.0] * (sampler.gan.network.noise_dim - 1) + [_NAN]]
    embedding = sampler.encode(_CAPTION["caption"])["embedding"].tolist()
    truncation = "truncation must lie in [0, 1]. Received:"
    cases = [
        (("generate", generate(_NAN)), f"{truncation} nan."),
        (("generate", generate(1.0, _INFINITE)), f"{truncation} inf."),
        (("generate", generate(7.0, 0.5, -5.0, 1e38, 2.0)), f"{truncation} 7, -5, 1e+38."),
        (("interpolate", interpolate(1.5)), "alpha must lie in [0, 1]. Received: 1.5."),
        (("interpolate", interpolate(_NAN)), "alpha must lie in [0, 1]. Received: nan."),
        (
            ("synthesize", {"noise": noise, "embedding": embedding}),
            "noise must be finite. Received: nan.",
        ),
    ]
    found = refusals_of(exported, [asked for asked, _ in cases])
    assert [text.splitlines()[0] for text in found] == [wanted(rule) for _, rule in cases]
    edges = [("generate", generate(0.0, 1.0)), ("interpolate", interpolate(1.0))]
    assert refusals_of(exported, edges) == ["", ""]


def test_numbers_of_rows(exported, trained):
    sampler = trained.experiment.task(trained, trained.data).sampler
    noise = np.zeros((1, sampler.gan.network.noise_dim)).tolist()
    embeddings = np.zeros((2, sampler.encoder.embedding_dim)).tolist()
    rule = "All inputs must have the same number of rows, at least 1. Received:"
    two = _CAPTION["caption"] * 2
    cases = [
        (("serving_default", {"caption": []}), f"{rule} caption 0."),
        (("encode_text", {"caption": []}), f"{rule} caption 0."),
        (("sample_noise", {"seed": []}), f"{rule} seed 0."),
        (("generate", generate()), f"{rule} caption 0, seed 0, truncation 0."),
        (
            ("generate", {"caption": two, "seed": [1], "truncation": [1.0, 1.0]}),
            f"{rule} caption 2, seed 1, truncation 2.",
        ),
        (
            ("synthesize", {"noise": noise, "embedding": embeddings}),
            f"{rule} noise 1, embedding 2.",
        ),
    ]
    found = refusals_of(exported, [asked for asked, _ in cases])
    assert [text.splitlines()[0] for text in found] == [wanted(rule) for _, rule in cases]


def test_texts(exported, exported_labels):
    rule = "A caption must have a word that the model knows."
    captions = [("serving_default", {"caption": ["this is red", text]}) for text in ("zebra", " ")]
    found = refusals_of(exported, captions)
    assert [text.splitlines()[0] for text in found] == [
        wanted(f"{rule} Received: `zebra`."),
        wanted(f"{rule} Received: ` `."),
    ]
    labels = ["red, left, hat", "red, blue, left", "빨강、 dot"]
    asked = [("serving_default", {"labels": ["red, left", text]}) for text in labels]
    group = "A picture has exactly one label of the group"
    known = ", ".join(SCHEMA.labels)
    assert [text.splitlines()[0] for text in refusals_of(exported_labels, asked)] == [
        wanted(f"Unknown label `hat`. Labels: {known}. Received: `red, left, hat`."),
        wanted(f"{group} `colour`: red, blue, green. Received: `red, blue, left`."),
        wanted(f"{group} `bright side`: left, right. Received: `빨강、 dot`."),
    ]


def encoded(kind, size=(8, 8), **options):
    held = io.BytesIO()
    Image.new("RGB", size, "red").save(held, kind, **options)
    return held.getvalue()


def changed(data, place, layout, *values):
    """A file with other numbers at a place of its header."""
    packed = struct.pack(layout, *values)
    return data[:place] + packed + data[place + len(packed) :]


def gif(screen, *frames):
    """An animation that says other sizes than it has: its frames hold no pixels."""
    blocks = b"".join(
        b"\x21\xf9\x04" + bytes(5) + b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame, 0x80)
        + bytes(6) + b"\x02\x02\x4c\x01\x00"
        for frame in frames
    )  # fmt: skip
    return b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81, 0, 0) + bytes(12) + blocks + b";"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PNG, _JPEG, _BMP = encoded("PNG"), encoded("JPEG"), encoded("BMP")
_SIZE = f"A picture must have 1 to {MOST_PIXELS} pixels, all frames of a GIF together. Received:"
_BOMBS = {
    "png": (changed(_PNG, 16, ">II", 20000, 20000), "20000 x 20000, 400000000 pixels."),
    "png of 2^31": (
        changed(_PNG, 16, ">II", 2**31 - 1, 2**31 - 1),
        "2147483647 x 2147483647, 4611686014132420608 pixels.",
    ),
    "png behind a chunk": (_PNG[:8] + chunk(b"abCd", b"x") + _PNG[8:], "0 x 0, 0 pixels."),
    "short png": (_PNG[:10], "0 x 0, 0 pixels."),
    "jpeg": (
        changed(_JPEG, _JPEG.index(b"\xff\xc0") + 5, ">HH", 5000, 60000),
        "60000 x 5000, 300000000 pixels.",
    ),
    "bmp": (changed(_BMP, 18, "<ii", 30000, -20000), "30000 x 20000, 600000000 pixels."),
    "gif": (gif((8, 8), (40000, 30000)), "40000 x 30000, 1200000000 pixels."),
    "animated gif": (gif((8, 8), *[(2000, 2000)] * 5), "2000 x 2000, 20000000 pixels."),
}


def test_pictures_of_too_many_pixels_are_not_decoded(exported_labels):
    names = ("classify", "reconstruct", "encode_image")
    asked = [(name, {"image_bytes": [_PNG, data]}) for data, _ in _BOMBS.values() for name in names]
    found = refusals_of(exported_labels, asked)
    rules = [wanted(f"{_SIZE} {told}") for _, told in _BOMBS.values() for _ in names]
    assert [text.splitlines()[0] for text in found] == rules


def test_other_files_are_refused(exported_labels):
    files = [encoded("WEBP"), b"no picture", b""]
    asked = [("classify", {"image_bytes": [data]}) for data in files]
    found = refusals_of(exported_labels, asked)
    rule = "A picture must be a PNG, JPEG, GIF or BMP file. Received: {} bytes of another kind."
    assert [text.splitlines()[0] for text in found] == [wanted(rule.format(len(f))) for f in files]


def test_pictures_of_every_kind_are_taken(exported_labels):
    frames = [Image.new("RGB", (9, 7), colour) for colour in ("red", "blue", "red")]
    animated = encoded("GIF", (9, 7), save_all=True, append_images=frames)
    files = [_PNG, _JPEG, _BMP, encoded("JPEG", (5, 9), progressive=True), animated]
    files += [encoded("GIF", (4, 4)), changed(_BMP, 22, "<i", -8)]
    (answers,) = all_answers([(exported_labels, {"classify": {"image_bytes": files}})])
    found = np.array(answers["classify"]["probabilities"])
    assert found.shape == (len(files), SCHEMA.width)


def test_a_photograph_is_made_smaller_before_an_exported_model_sees_it(exported_labels):
    model = keras_t2i.load(exported_labels)
    halves = Image.new("RGB", (6000, 4000), "red")
    halves.paste("blue", (0, 0, 3000, 4000))
    drawn = model.reconstruct([halves, halves.resize((600, 400))]).astype(int)
    assert np.abs(drawn[0] - drawn[1]).max() <= 2


@pytest.mark.parametrize(
    ("data", "small"),
    [
        (changed(_PNG, 16, ">II", 4096, 4096), True),
        (changed(_PNG, 16, ">II", 4096, 4097), False),
        (gif((60000, 60000), (4096, 2048), (4096, 2048)), True),
        (gif((8, 8), (4096, 2048), (4096, 2049)), False),
        (gif((8, 8)), False),
    ],
)
def test_the_bound_is_exact(data, small):
    check = tf.function(bounded, autograph=False)
    if small:
        assert check(tf.constant(data)) == data
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="A picture must have 1 to"):
            check(tf.constant(data))


@pytest.mark.parametrize(
    "data",
    [
        gif((8, 8))[:-1] + b"\x21\xf9\x00" * 5000,
        gif((8, 8), (8, 8))[:-2] + b"\x01\x05" * 140_000,
    ],
    ids=["records", "blocks"],
)
def test_a_gif_of_endless_parts_is_not_read_to_its_end(data):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="A GIF must have at most 4096 records"
    ):
        tf.function(bounded, autograph=False)(tf.constant(data))
