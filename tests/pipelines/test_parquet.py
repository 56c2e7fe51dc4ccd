"""Data sets of the Hugging Face Hub as Parquet files."""

import io
import sys

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow.parquet import write_table

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.parquet import Parquet

IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def png(red):
    held = io.BytesIO()
    Image.new("RGB", (12, 8), (red, 30, 30)).save(held, "PNG")
    return held.getvalue()


def image(red):
    return {"bytes": png(red), "path": f"{red}.png"}


def write(path, images, texts, kind=IMAGE, name="text", text_type=None, rows=2):
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"image": pa.array(images, kind), name: pa.array(texts, text_type)}
    write_table(pa.table(columns), path, row_group_size=rows)
    return path


def told(source):
    found = list(source.items())
    items = {i.id: (i.split, i.captions) for i in found if isinstance(i, Item)}
    return items, [str(i) for i in found if isinstance(i, Broken)]


def test_files_of_the_hub_become_splits(tmp_path):
    data = tmp_path / "in" / "data"
    reds = [10 * i for i in range(25)]
    for number, part in enumerate((reds[:15], reds[15:])):
        name = f"train-{number:05d}-of-00002.parquet"
        write(data / name, map(image, part), [f"red {red}" for red in part])
    write(data / "test-00000-of-00001.parquet", [image(255)], ["bright\u2028red"])
    info = prepare(Parquet(tmp_path / "in"), tmp_path / "out", image_size=8)
    assert {name: split.pictures for name, split in info.splits.items()} == {"test": 1, "train": 25}
    train = read_split(tmp_path / "out", "train")
    assert train.captions == [f"red {red}" for red in reds]
    # Each row has its own picture, from whichever row group.
    np.testing.assert_array_equal(train.images[:, 4, 4, 0], reds)
    assert train.ids[14:16] == [
        "data/train-00000-of-00002.parquet/15", "data/train-00001-of-00002.parquet/1",
    ]  # fmt: skip


def test_bytes_alone_lists_of_texts_and_other_names(tmp_path):
    file = write(
        tmp_path / "x.parquet", [png(1), png(2)], [["one", "two"], ["three"]], pa.binary(), "said"
    )
    items, broken = told(Parquet(file, test_share=0.0, caption_column="said"))
    assert broken == []
    assert items == {
        "x.parquet/1": ("train", ("one", "two")), "x.parquet/2": ("train", ("three",)),
    }  # fmt: skip


def test_pictures_beside_the_file(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "7.png").write_bytes(png(7))
    write(tmp_path / "in" / "x.parquet", [{"bytes": None, "path": "7.png"}], ["seven"])
    prepare(Parquet(tmp_path / "in"), tmp_path / "out", image_size=8)
    assert read_split(tmp_path / "out", "train").images[0, 4, 4, 0] == 7


@pytest.mark.parametrize(
    ("held", "text", "message"),
    [
        (image(1), None, "x.parquet, row 2: `text` must be texts"),
        (image(1), " ", "x.parquet, row 2: the caption is empty"),
        (None, "x", "x.parquet, row 2: has no picture in the column image"),
        ({"bytes": b"red", "path": "a.png"}, "x", "x.parquet, row 2: is no picture of a format"),
        ({"bytes": None, "path": "no.png"}, "x", "no.png: no such picture"),
    ],
)
def test_broken_rows_are_named_and_skipped(tmp_path, held, text, message):
    file = write(tmp_path / "in" / "x.parquet", [image(5), held], ["good", text])
    with pytest.raises(InputError) as stopped:
        prepare(Parquet(file), tmp_path / "out", image_size=8)
    assert message in str(stopped.value)
    info = prepare(Parquet(file), tmp_path / "out", image_size=8, skip_broken=True)
    assert message in info.skipped[0]
    assert read_split(tmp_path / "out", "train").captions == ["good"]


def test_damaged_files_are_named(tmp_path):
    good = write(tmp_path / "a.parquet", [image(5)], ["good"])
    (tmp_path / "b.parquet").write_bytes(good.read_bytes()[:-20])
    items, (broken,) = told(Parquet(tmp_path))
    assert list(items) == ["a.parquet/1"]
    assert "b.parquet: not readable as a Parquet file" in broken


def test_columns_and_files_that_are_missing_are_said(tmp_path):
    write(tmp_path / "in" / "x.parquet", [image(5)], ["good"], name="prompt")
    with pytest.raises(InputError, match=r"needs the column image .*Columns: image, prompt"):
        told(Parquet(tmp_path / "in"))
    with pytest.raises(InputError, match="needs the column picture of pictures"):
        told(Parquet(tmp_path / "in", image_column="picture", caption_column="prompt"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \.parquet file in it"):
        told(Parquet(tmp_path / "empty"))
    with pytest.raises(InputError, match="no such folder or file"):
        told(Parquet(tmp_path / "none"))


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    file = write(tmp_path / "x.parquet", [image(5)], ["good"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"pip install 'keras-t2i\[parquet\]'"):
        told(Parquet(file))


def test_a_text_that_is_not_utf_8_breaks_its_row_alone(tmp_path):
    bad = pa.array([b"good", b"caf\xe9", b"fine"]).view(pa.string())
    pictures = pa.array([png(i) for i in range(3)])
    file = tmp_path / "x.parquet"
    write_table(pa.table({"image": pictures, "text": bad}), file)
    items, (reason,) = told(Parquet(file, test_share=0.0))
    assert list(items) == ["x.parquet/1", "x.parquet/3"]
    assert f"{file}, row 2: not readable as UTF-8 text" in reason


def test_the_path_of_a_picture_that_is_not_utf_8_is_named(tmp_path):
    paths = pa.array([b"caf\xe9.png"]).view(pa.string())
    pictures = pa.StructArray.from_arrays([paths], ["path"])
    file = tmp_path / "x.parquet"
    write_table(pa.table({"image": pictures, "text": pa.array(["a"])}), file)
    (item,) = Parquet(file, test_share=0.0).items()
    with pytest.raises(InputError, match="row 1: not readable as UTF-8 text"):
        item.load(8)


def test_pictures_outside_of_the_folder_are_refused(tmp_path):
    outside = tmp_path / "secret.png"
    outside.write_bytes(png(7))
    rows = [{"bytes": None, "path": path} for path in ("../secret.png", str(outside))]
    file = write(tmp_path / "in" / "x.parquet", rows, ["a", "b"])
    for item in Parquet(file, test_share=0.0).items():
        with pytest.raises(InputError, match=r"row \d: .*secret.png lies outside of the folder"):
            item.load(8)


def test_files_of_other_endings_are_told(tmp_path):
    write(tmp_path / "x.parquet", [image(1)], ["a"])
    (tmp_path / "y.arrow").write_bytes(b"x")
    (note,) = [one for one in Parquet(tmp_path).items() if isinstance(one, Note)]
    assert note.endswith("1 file of other formats left out: .arrow (1).")
