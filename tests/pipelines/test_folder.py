import json

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import open_picture
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item
from keras_t2i.pipelines.sources.folder import Folder

RED = (200, 30, 30)


def save_picture(path, size=(12, 10), colour=RED):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def make_pictures(folder, *names):
    for name in names:
        save_picture(folder / name)


def write_jsonl(folder, *rows):
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "captions.jsonl").write_text("\n".join(lines) + "\n")


def items_of(folder, **options):
    return [i for i in Folder(folder, **options).items() if isinstance(i, Item)]


def broken_of(folder):
    return [i for i in Folder(folder).items() if isinstance(i, Broken)]


def test_jsonl_with_labels_and_splits(tmp_path):
    make_pictures(tmp_path, "a.png", "b/c.png")
    write_jsonl(
        tmp_path,
        {"file": "a.png", "captions": ["one  red", "two"], "label": 0, "split": "val"},
        "",
        {"file": "./b/c.png", "caption": "three\u2028or so", "label": "blue"},
        {"file": "a.png", "caption": "four"},
    )
    first, second = items_of(tmp_path)
    assert (first.id, first.split, first.label) == ("a.png", "val", 0)
    assert first.captions == ("one red", "two", "four")
    assert (second.id, second.split, second.label) == ("b/c.png", "train", 1)
    assert second.captions == ("three or so",)
    assert Folder(tmp_path).classes == ("0", "blue")


def test_csv_with_quotes_and_repeated_files(tmp_path):
    make_pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "captions.csv").write_text(
        "\ufefffile,caption,label,split\n"
        'a.png,"red, and\nwide",x,test\n'
        "a.png,so red,,\n"
        "b.png,b,y,train\n"
    )
    first, second = items_of(tmp_path)
    assert first.captions == ("red, and wide", "so red")
    assert (first.split, first.label, second.split, second.label) == ("test", 0, "train", 1)


def test_text_files_beside_pictures_in_class_folders(tmp_path):
    for i in range(10):
        for kind in ("cat", "dog"):
            save_picture(tmp_path / kind / f"{i}.PNG")
            (tmp_path / kind / f"{i}.txt").write_text(f"a {kind}\nmy \ufffd{kind}\n\n")
    items = items_of(tmp_path, test_share=0.2)
    assert Folder(tmp_path).classes == ("cat", "dog")
    assert items[0].captions == ("a cat", "my cat")
    for label in (0, 1):
        assert sum(i.split == "test" for i in items if i.label == label) == 2


def test_one_folder_makes_no_class(tmp_path):
    make_pictures(tmp_path, "images/a.png", "images/b.png")
    write_jsonl(tmp_path, *({"file": f"images/{n}.png", "caption": "x"} for n in "ab"))
    assert Folder(tmp_path).classes == ()
    assert [item.label for item in items_of(tmp_path)] == [-1, -1]


def test_hidden_files_are_no_pictures(tmp_path):
    make_pictures(tmp_path, "a.png", "._a.png", ".thumbnails/a.png")
    write_jsonl(tmp_path, {"file": "a.png", "caption": "x"})
    (tmp_path / ".note.txt").write_text("x")
    assert [item.id for item in Folder(tmp_path).items()] == ["a.png"]


def test_picture_missing_from_a_table_with_labels_adds_no_class(tmp_path):
    make_pictures(tmp_path, "a.png", "b.png", "c.png")
    write_jsonl(
        tmp_path,
        {"file": "a.png", "caption": "x", "label": "red"},
        {"file": "c.png", "caption": "x"},
    )
    assert Folder(tmp_path).classes == ("red",)
    without_caption, without_label = broken_of(tmp_path)
    assert "b.png: the picture has no caption" in without_caption
    assert "c.png: has no label" in without_label


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{oops", "line 2: not JSON"),
        ("[1]", "line 2: must be a JSON object"),
        ({"caption": "x"}, "line 2: `file` must name a picture"),
        ({"file": "a.png"}, "line 2: `captions` must be texts"),
        ({"file": "a.png", "captions": ["x", " \ufffd"]}, "line 2: the caption is empty"),
        (
            {"file": "a.png", "caption": "x", "split": "dev"},
            "line 2: `split` must be one of train, val, test. Received: 'dev'",
        ),
        ({"file": "a.png", "caption": "x", "label": [1]}, "line 2: `label` must be a text"),
        ({"file": "a.png", "caption": "x", "label": "blue"}, "line 2: a.png has the label 'red'"),
        ({"file": "no.png", "caption": "x"}, "no.png: named with a caption, but no such picture"),
    ],
)
def test_bad_row_stops_unless_it_is_skipped(tmp_path, row, message):
    source = tmp_path / "pictures"
    make_pictures(source, "a.png")
    write_jsonl(source, {"file": "a.png", "caption": "good", "label": "red"}, row)
    with pytest.raises(InputError) as stopped:
        prepare(Folder(source), tmp_path / "out", image_size=8)
    assert message in str(stopped.value)
    info = prepare(Folder(source), tmp_path / "out", image_size=8, skip_broken=True)
    assert len(info.skipped) == 1
    assert message in info.skipped[0]
    assert read_split(tmp_path / "out", "train").captions == ["good"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,text\na.png,x\n", "line 1: needs the columns file and caption"),
        ("file,caption\na.png,red, and wide\n", "line 2: has more fields"),
        ("file,caption\na.png\n", "line 2: `captions` must be texts"),
        ("file,caption,split\na.png,x,dev\n", "line 2: `split` must be one of"),
    ],
)
def test_bad_csv_names_the_line(tmp_path, text, message):
    make_pictures(tmp_path, "a.png")
    (tmp_path / "captions.csv").write_text(text)
    with pytest.raises(InputError) as stopped:
        prepare(Folder(tmp_path), tmp_path / "out", image_size=8)
    assert f"captions.csv, {message}" in str(stopped.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"one\n\n\xef\xbf\xbd\n", r"a\.txt, line 3: the caption is empty"),
        (b" \n", r"a\.txt: there is no caption"),
        (b"caf\xe9\n", r"a\.txt: not readable as UTF-8"),
        (None, r"a\.txt: the caption file is missing"),
    ],
)
def test_bad_text_file_is_named(tmp_path, text, message):
    make_pictures(tmp_path, "a.png")
    if text is not None:
        (tmp_path / "a.txt").write_bytes(text)
    with pytest.raises(InputError, match=message):
        prepare(Folder(tmp_path), tmp_path / "out", image_size=8)


def test_what_a_table_names_and_is_no_picture_is_not_called_missing(tmp_path):
    make_pictures(tmp_path, "a.png")
    (tmp_path / "b.pdf").write_bytes(b"%PDF")
    write_jsonl(tmp_path, *({"file": name, "caption": "x"} for name in ("a.png", "b.pdf", "c.png")))
    there, missing = broken_of(tmp_path)
    assert "b.pdf: named with a caption, but it is no picture of a format that is known." in there
    assert "c.png: named with a caption, but no such picture." in missing


def test_blank_lines_are_no_captions(tmp_path):
    make_pictures(tmp_path, "a.png")
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\n \r\n\r\ntwo\r\n\r\n\r\n")
    assert items_of(tmp_path)[0].captions == ("one", "two")


@pytest.mark.parametrize(
    ("encoding", "text", "message"),
    [
        ("utf-16", "file,caption\na.png,x\n", "not readable as UTF-8 text"),
        ("cp1252", "file,caption\na.png,caf\xe9\n", "not readable as UTF-8 text"),
        ("utf-8", "file;caption\na.png;x\n", r"line 1: needs the columns .*\['file;caption'\]"),
    ],
)
def test_tables_of_excel_are_refused_with_the_reason(tmp_path, encoding, text, message):
    make_pictures(tmp_path, "a.png")
    (tmp_path / "captions.csv").write_bytes(text.encode(encoding))
    with pytest.raises(InputError, match=rf"captions\.csv.*{message}"):
        list(Folder(tmp_path).items())


def test_folders_of_splits_divide_and_their_folders_are_classes(tmp_path):
    for split in ("train", "Validation", "test"):
        for kind in ("cat", "dog"):
            make_pictures(tmp_path, f"{split}/{kind}/1.png")
            (tmp_path / split / kind / "1.txt").write_text(f"a {kind}")
    items = items_of(tmp_path)
    assert Folder(tmp_path).classes == ("cat", "dog")
    assert {item.id: (item.split, item.label) for item in items} == {
        "Validation/cat/1.png": ("val", 0), "Validation/dog/1.png": ("val", 1),
        "test/cat/1.png": ("test", 0), "test/dog/1.png": ("test", 1),
        "train/cat/1.png": ("train", 0), "train/dog/1.png": ("train", 1),
    }  # fmt: skip
    # Beside another folder they are classes as any other.
    make_pictures(tmp_path, "more/1.png")
    (tmp_path / "more" / "1.txt").write_text("more")
    assert len(Folder(tmp_path).classes) == 7


def test_source_as_a_whole_is_checked(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        list(Folder(tmp_path / "missing").items())
    with pytest.raises(InputError, match="no pictures in it"):
        list(Folder(tmp_path).items())
    make_pictures(tmp_path, "a.png")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"--test-share.*Received: 1\.0"):
        list(Folder(tmp_path, test_share=1.0).items())
    (tmp_path / "b.txt").write_text("x")
    assert "b.txt: a caption file without picture" in broken_of(tmp_path)[0]
    (tmp_path / "captions.csv").touch()
    (tmp_path / "captions.jsonl").touch()
    with pytest.raises(InputError, match="keep one"):
        list(Folder(tmp_path).items())


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "wanted"),
    [
        ("L", 100, ".png", (100, 100, 100)),
        ("LA", (0, 0), ".png", (255, 255, 255)),
        ("RGBA", (200, 30, 30, 255), ".png", RED),
        ("RGBA", (200, 30, 30, 0), ".webp", (255, 255, 255)),
        ("P", 0, ".gif", (0, 0, 0)),
        ("CMYK", (0, 255, 255, 0), ".jpg", (255, 0, 0)),
        ("I;16", 257 * 100, ".png", (100, 100, 100)),
        ("1", 1, ".bmp", (255, 255, 255)),
    ],
)
def test_every_mode_becomes_rgb(tmp_path, mode, colour, suffix, wanted):
    path = tmp_path / f"a{suffix}"
    Image.new(mode, (8, 8), colour).save(path)
    image = open_picture(path)
    assert image.mode == "RGB"
    np.testing.assert_allclose(image.getpixel((4, 4)), wanted, atol=3)


def test_pictures_are_turned_upright(tmp_path):
    pixels = np.zeros((20, 10, 3), np.uint8)
    pixels[:10] = 255  # the upper half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned right
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    image = open_picture(tmp_path / "a.png")
    assert image.size == (20, 10)
    assert image.getpixel((19, 5)) == (255, 255, 255)
    assert image.getpixel((0, 5)) == (0, 0, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (300, 2)])
def test_tiny_and_thin_pictures_are_enlarged(tmp_path, size):
    save_picture(tmp_path / "a.png", size)
    (tmp_path / "a.txt").write_text("tiny")
    (item,) = items_of(tmp_path)
    image = item.load(9)
    assert image.shape == (9, 9, 3)
    np.testing.assert_allclose(image[4, 4], RED, atol=1)


def test_central_square_is_kept(tmp_path):
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("wide")
    assert items_of(tmp_path)[0].load(10).min() == 255


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_broken_pictures_are_named_and_skipped(tmp_path, damage):
    source = tmp_path / "pictures"
    save_picture(source / "a.jpg")
    save_picture(source / "b.jpg", size=(200, 200))
    whole = (source / "b.jpg").read_bytes()
    damaged = {"truncated": whole[: len(whole) // 2], "empty": b"", "text": b"no picture"}
    (source / "b.jpg").write_bytes(damaged[damage])
    for name in "ab":
        (source / f"{name}.txt").write_text("x")
    with pytest.raises(InputError, match=r"b\.jpg: (the picture )?is .*--skip-broken"):
        prepare(Folder(source), tmp_path / "out", image_size=8)
    info = prepare(Folder(source), tmp_path / "out", image_size=8, skip_broken=True)
    assert info.splits["train"].pictures == 1
    assert "b.jpg" in info.skipped[0]


def test_half_a_character_breaks_its_line_alone(tmp_path):
    make_pictures(tmp_path, "a.png", "b.png")
    write_jsonl(
        tmp_path,
        {"file": "a.png", "caption": "a \U0001f426"},
        {"file": "b.png", "caption": "so", "label": "\ud83d"},
    )
    assert [item.captions for item in items_of(tmp_path)] == [("a \U0001f426",)]
    assert any(
        "line 2: not JSON (\\ud83d is half a character" in one for one in broken_of(tmp_path)
    )


def test_pictures_that_a_table_names_elsewhere_are_named(tmp_path):
    source = tmp_path / "in"
    make_pictures(tmp_path, "out.png", "in/a.png", "in/.b.png")
    names = ("./x/../a.png", "../out.png", str(source / "a.png"), ".b.png")
    write_jsonl(source, *({"file": name, "caption": "red"} for name in names))
    assert [item.id for item in items_of(source)] == ["a.png"]
    reasons = sorted(one.partition("but it ")[2] for one in broken_of(source))
    assert reasons == [
        "is hidden, and hidden files and folders do not count.",
        "lies outside of the folder, for its path is absolute; names are relative to it.",
        "lies outside of the folder.",
    ]
