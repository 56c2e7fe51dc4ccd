import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_t2i.commands.generate import draw, main
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import parse_formula
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.text_to_image.task import TextToImageTask

# Grey levels by which batches of different sizes may differ: a network of 24 steps has tiny
# variances in its BatchNorms, which magnify the last bits.
ROUNDING = 3


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.fixture
def arguments(trained, tmp_path):
    return GenerateOptions(
        run=trained.path, captions=("a red picture", "this is blue"), out=tmp_path
    )


def test_a_picture_a_caption_and_seed(arguments):
    paths = draw(replace(arguments, count=3))
    assert [p.name for p in paths] == [f"{i:05d}.png" for i in range(6)]
    assert all(pixels(p).shape == (16, 16, 3) for p in paths)
    assert len({p.read_bytes() for p in paths}) == 6


def test_a_picture_depends_on_its_caption_and_seed_alone(arguments, tmp_path):
    together = draw(replace(arguments, seed=4, count=2))
    alone = draw(replace(arguments, captions=("this is blue",), seed=5, out=tmp_path / "alone.png"))
    difference = pixels(together[3]).astype(int) - pixels(alone[0]).astype(int)
    assert np.abs(difference).max() <= ROUNDING


def test_no_noise_at_truncation_zero(arguments):
    first, second, *_ = draw(replace(arguments, count=2, truncation=0.0))
    np.testing.assert_array_equal(pixels(first), pixels(second))


def test_captions_of_a_file_and_a_grid(arguments, tmp_path):
    file = tmp_path / "captions.txt"
    file.write_text("a red picture\nall of it is green here\n")
    out = tmp_path / "grid.png"
    assert draw(replace(arguments, captions=(), file=file, grid=True, count=4, out=out)) == [out]
    assert pixels(out).shape[0] == 2 * 20 + 4


def test_interpolation_starts_and_ends_at_the_captions(arguments, tmp_path):
    out = tmp_path / "line.png"
    draw(replace(arguments, captions=(), interpolate=arguments.captions, out=out))
    line = pixels(out)
    for caption, row in zip(arguments.captions, (0, 7), strict=True):
        out = tmp_path / f"{row}.png"
        single = draw(replace(arguments, captions=(caption,), out=out))[0]
        cell = line[4 + row * 20 : 20 + row * 20, 300:316]
        assert np.abs(cell.astype(int) - pixels(single)).max() <= ROUNDING


def test_arithmetic_of_a_caption_minus_another_plus_it_again_is_the_caption(arguments, tmp_path):
    out = tmp_path / "sum.png"
    words = ("a red picture", "-", "this is blue", "+", "this is blue")
    draw(replace(arguments, captions=(), arithmetic=words, out=out))
    sheet = pixels(out)
    first, last = (sheet[4 + r * 20 : 20 + r * 20, 300:316].astype(int) for r in (0, 3))
    assert np.abs(first - last).max() <= ROUNDING


def test_attention_map(arguments, tmp_path):
    out = tmp_path / "attention.png"
    draw(replace(arguments, attention=True, out=out))
    assert pixels(out).std() > 1


def test_attention_needs_no_gan(arguments, trained, tmp_path):
    begun = tmp_path / "begun"
    shutil.copytree(trained.path, begun, ignore=shutil.ignore_patterns("gan"))
    with pytest.raises(InputError, match="stage `gan` has no checkpoint yet"):
        draw(replace(arguments, run=begun))
    out = tmp_path / "attention.png"
    draw(replace(arguments, attention=True, run=begun, out=out))
    assert pixels(out).std() > 1


def test_formula():
    assert parse_formula(["a", "-", "b", "+", "c"]) == [(1, "a"), (-1, "b"), (1, "c")]
    for bad in (["a"], ["a", "b", "c"], ["a", "-"], ["a", "*", "b"]):
        with pytest.raises(InputError, match="with \\+ or - between"):
            parse_formula(bad)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"captions": ()}, "Give either captions"),
        ({"file": Path("x")}, "Give one of captions"),
        ({"captions": ("",)}, "Caption 1 is empty"),
        ({"captions": ("red", "  ")}, "Caption 2 is empty"),
        ({"captions": ("zebra giraffe",)}, "Caption 1 has no word that the model knows"),
        ({"captions": (), "attention": True}, "Give at least one text"),
        (
            {"captions": (), "attention": True, "interpolate": ("red", "blue")},
            "Give one of captions.*Received: interpolate, attention",
        ),
        ({"count": 0}, "--count must be at least 1"),
        ({"truncation": 1.5}, r"truncation must lie in \[0, 1\]"),
        ({"captions": (), "file": Path("missing.txt")}, r"missing\.txt: cannot be read"),
        ({"seed": 2**63 - 1, "count": 2}, r"A seed must lie in \[-2\^63"),
        ({"run": Path("nowhere")}, "not a run folder"),
        ({"out": Path("one.png")}, "one file for 2 pictures"),
        ({"out": Path("one.jpg")}, "one file for 2 pictures"),
        ({"out": Path("some.xyz")}, r"some\.xyz must be a folder or end in \.png, \.jpg"),
        ({"out": Path(__file__)}, "must be a folder or end in"),
        ({"out": Path(os.devnull)}, "must be a folder or end in"),
        ({"captions": ("red",), "out": Path(__file__) / "x.png"}, "is a file, and cannot hold"),
    ],
)
def test_wrong_wishes_are_named(arguments, change, words):
    with pytest.raises(InputError, match=words):
        draw(replace(arguments, **change))


@pytest.fixture
def no_drawing(monkeypatch):
    """Drawing fails: what is refused must be refused before it."""

    def refuse(*_):
        raise AssertionError("it was drawn")

    monkeypatch.setattr(TextToImageTask, "render", refuse)


@pytest.mark.parametrize("out", ["pictures", "one.png"])
def test_nothing_is_overwritten_without_the_option(arguments, tmp_path, out, no_drawing):
    out = tmp_path / out
    taken = out if out.suffix else out / "00000.png"
    taken.parent.mkdir(exist_ok=True)
    taken.write_bytes(b"mine")
    one = replace(arguments, captions=("a red picture",), out=out)
    with pytest.raises(InputError, match=f"{taken.name} exists already; --overwrite"):
        draw(one)
    assert taken.read_bytes() == b"mine"
    with pytest.raises(AssertionError, match="it was drawn"):
        draw(replace(one, overwrite=True))


@pytest.mark.parametrize(
    "change", [{}, {"out": Path("some.xyz")}, {"out": Path("one.png")}, {"out": Path("one.jpeg")}]
)
def test_an_impossible_place_is_refused_before_drawing(arguments, change, no_drawing, tmp_path):
    (tmp_path / "00001.png").touch()
    with pytest.raises(InputError):
        draw(replace(arguments, **change))


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.webp", "WEBP"), ("a.PNG", "PNG")]
)
def test_the_suffix_decides_the_format(arguments, tmp_path, name, kind):
    one = replace(arguments, captions=("a red picture",))
    (path,) = draw(replace(one, out=tmp_path / name))
    assert path == tmp_path / name
    with Image.open(path) as picture:
        assert picture.format == kind
        (png,) = draw(replace(one, out=tmp_path / "b.png"))
        assert np.abs(np.asarray(picture).astype(int) - pixels(png)).mean() < 8


def test_a_folder_with_a_dot_in_its_name(arguments, tmp_path):
    (tmp_path / "v1.2").mkdir()
    one = replace(arguments, captions=("a red picture",))
    assert draw(replace(one, out=tmp_path / "v1.2")) == [tmp_path / "v1.2" / "00000.png"]


def test_ten_thousand_words_are_cut_with_a_warning(arguments, capsys):
    assert len(draw(replace(arguments, captions=("red " * 10_000,)))) == 1
    assert "the last 9994 words are not read" in capsys.readouterr().err


def test_unknown_words_are_told(arguments, capsys):
    draw(replace(arguments, captions=("a red zebra",)))
    assert "not known, ignored: zebra" in capsys.readouterr().err


def test_unknown_words_are_told_of_each_caption_and_whatever_is_asked(trained, arguments, capsys):
    odd = ("a red zebra", "this is blue", "a mauve or puce red picture")
    every = ["'a red zebra': not known, ignored: zebra",
             "'a mauve or puce red picture': not known, ignored: mauve, or, puce"]  # fmt: skip
    arguments = replace(arguments, overwrite=True)
    draw(replace(arguments, captions=odd, grid=True))
    assert capsys.readouterr().err.splitlines() == every
    draw(replace(arguments, captions=(), interpolate=(odd[0], odd[2])))
    assert capsys.readouterr().err.splitlines() == every
    draw(replace(arguments, captions=(), arithmetic=(odd[0], "-", odd[1], "+", odd[2])))
    assert capsys.readouterr().err.splitlines() == every
    task = trained.experiment.task(trained, trained.data)
    task.generate("a red zebra", seeds=[1, 2, 3])
    assert capsys.readouterr().err.splitlines() == ["not known, ignored: zebra"]
    task.generate("a red picture")
    assert capsys.readouterr().err == ""


def test_blank_lines_of_a_file_do_not_count(arguments, tmp_path):
    file = tmp_path / "captions.txt"
    file.write_bytes(b"\xef\xbb\xbfthis is red\r\n\r\n \r\nthis is blue\r\n\r\n")
    asked = replace(arguments, captions=(), file=file, out=tmp_path / "out")
    assert asked.texts == ["this is red", "this is blue"]
    assert len(draw(asked)) == 2
    file.write_text("\n \n")
    with pytest.raises(InputError, match=r"captions\.txt: there is nothing in it"):
        draw(asked)


@pytest.mark.parametrize("module", ["fit", "generate", "export"])
def test_help_answers_at_once_without_tensorflow(module):
    code = f"import sys; from keras_t2i.{module} import main; sys.argv[1:] = ['--help']; main()"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    child = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    # Processor time: other work on the machine does not count, though it slows the caches. On the
    # slowest machine so far `fit` takes 1.4 s of it; TensorFlow's import alone takes 4.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 2.0
    assert child.returncode == 0
    assert "usage" in child.stdout.lower()
    assert "tensorflow" not in child.stderr


def test_a_lone_minus_is_a_word_of_the_arithmetic_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "keras_t2i.commands.generate.draw", lambda options: asked.append(options) or ()
    )
    words = ["generate", "run", "--arithmetic", "a", "-", "b", "--out", "-"]
    monkeypatch.setattr(sys, "argv", words)
    main()
    (options,) = asked
    assert parse_formula(options.arithmetic) == [(1, "a"), (-1, "b")]
    assert options.out == Path("-")


def test_the_command_line(trained, tmp_path):
    words = [sys.executable, "-m", "keras_t2i.generate", str(trained.path)]
    quiet = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    good = subprocess.run(
        [*words, "--arithmetic", "a red picture", "-", "this is blue", "+", "this is green",
         "--out", str(tmp_path / "x.png")], capture_output=True, text=True, check=False,
        env=quiet,
    )  # fmt: skip
    assert good.returncode == 0, good.stderr
    assert good.stdout.strip() == str(tmp_path / "x.png")
    assert good.stderr == ""
    bad = subprocess.run([*words, "zebra"], capture_output=True, text=True, check=False, env=quiet)
    assert bad.returncode == 2
    assert bad.stderr.startswith("error: Caption 1 has no word")
    assert "Traceback" not in bad.stderr
