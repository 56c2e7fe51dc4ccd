"""Hugging Face's imagefolder: metadata.jsonl or metadata.csv beside the pictures."""

import json

import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item
from keras_t2i.pipelines.sources.folder import Folder


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (200, 30, 30)).save(folder / name)


def jsonl(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")


def told(source):
    found = list(source.items())
    items = {i.id: (i.split, i.captions) for i in found if isinstance(i, Item)}
    return items, [i for i in found if isinstance(i, Broken)]


def test_one_table_for_all(tmp_path):
    make(tmp_path, "a.png", "in/b.png")
    jsonl(
        tmp_path / "metadata.jsonl",
        {"file_name": "a.png", "text": "red", "further": [1]},
        {"file_name": "in/b.png", "caption": "blue"},
        {"file_name": "a.png", "text": "so red"},
    )
    items, broken = told(Folder(tmp_path, test_share=0.0))
    assert broken == []
    assert items == {"a.png": ("train", ("red", "so red")), "in/b.png": ("train", ("blue",))}


def test_a_table_in_the_folder_of_each_split(tmp_path):
    make(tmp_path, "train/a.png", "train/b.png", "test/a.png", "validation/in/c.png")
    jsonl(tmp_path / "train" / "metadata.jsonl", *(
        {"file_name": name, "text": f"train {name}"} for name in ("a.png", "b.png")
    ))  # fmt: skip
    (tmp_path / "test" / "metadata.csv").write_text("file_name,text\na.png,test a\n")
    jsonl(tmp_path / "validation" / "metadata.jsonl", {"file_name": "in/c.png", "text": "val c"})
    info = prepare(Folder(tmp_path), tmp_path.parent / "out", image_size=8)
    assert {name: split.pictures for name, split in info.splits.items()} == {
        "test": 1, "train": 2, "val": 1,
    }  # fmt: skip
    assert info.classes == ()
    assert read_split(tmp_path.parent / "out", "test").captions == ["test a"]
    assert read_split(tmp_path.parent / "out", "val").ids == ["validation/in/c.png"]


def test_of_a_split_train_alone_a_share_is_held_out(tmp_path):
    names = [f"{i}.png" for i in range(10)]
    make(tmp_path, *(f"train/{name}" for name in names))
    jsonl(
        tmp_path / "train" / "metadata.jsonl", *({"file_name": name, "text": "x"} for name in names)
    )
    items, broken = told(Folder(tmp_path, test_share=0.2))
    assert broken == []
    assert sorted(split for split, _ in items.values()) == ["test"] * 2 + ["train"] * 8


def test_pictures_beside_the_folders_of_splits_do_not_mix_these(tmp_path):
    make(tmp_path, "train/a.png", "test/b.png", "c.png")
    jsonl(tmp_path / "train" / "metadata.jsonl", {"file_name": "a.png", "text": "red"})
    jsonl(tmp_path / "test" / "metadata.jsonl", {"file_name": "b.png", "text": "blue"})
    items, (broken,) = told(Folder(tmp_path))
    assert items == {"test/b.png": ("test", ("blue",)), "train/a.png": ("train", ("red",))}
    assert "c.png: the picture has no caption" in broken


def test_one_table_above_the_folders_of_splits(tmp_path):
    make(tmp_path, "train/a.png", "test/b.png")
    rows = "train/a.png,red\n\ntest/b.png,blue\n"
    (tmp_path / "metadata.csv").write_text(f"file_name,text\n{rows}")
    items, _ = told(Folder(tmp_path))
    assert items == {"train/a.png": ("train", ("red",)), "test/b.png": ("test", ("blue",))}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"file": "a.png", "text": "x"}, "`file_name` must name a picture"),
        ({"file_name": "a.png"}, "`text` must be texts"),
        ({"file_name": "a.png", "text": "x", "caption": "y"}, "one of the fields text, caption"),
        ({"file_name": "no.png", "text": "x"}, "no.png: named with a caption, but no such picture"),
    ],
)
def test_wrong_rows_are_named(tmp_path, row, message):
    make(tmp_path, "a.png")
    jsonl(tmp_path / "metadata.jsonl", {"file_name": "a.png", "text": "good"}, row)
    items, broken = told(Folder(tmp_path))
    assert items["a.png"][1] == ("good",)
    assert len(broken) == 1
    assert message in broken[0]


def test_a_picture_of_a_split_without_row_is_named(tmp_path):
    make(tmp_path, "train/a.png", "test/b.png")
    jsonl(tmp_path / "train" / "metadata.jsonl", {"file_name": "a.png", "text": "red"})
    items, broken = told(Folder(tmp_path))
    assert list(items) == ["train/a.png"]
    assert "test/b.png: the picture has no caption" in broken[0]


def test_two_tables_or_wrong_columns_are_refused(tmp_path):
    make(tmp_path, "a.png")
    (tmp_path / "metadata.csv").write_text("file,caption\na.png,x\n")
    with pytest.raises(InputError, match="line 1: needs the columns file_name and text"):
        told(Folder(tmp_path))
    jsonl(tmp_path / "metadata.jsonl", {"file_name": "a.png", "text": "x"})
    with pytest.raises(InputError, match=r"both metadata\.jsonl and metadata\.csv; keep one"):
        told(Folder(tmp_path))
