"""COCO's lists of captions beside its folders of pictures."""

import json

import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item
from keras_t2i.pipelines.sources.coco import Coco


def write(folder, name, images, annotations, inner=""):
    pictures = folder / inner / name
    pictures.mkdir(parents=True)
    for image in images:
        if "/" not in image.get("file_name", "/"):
            Image.new("RGB", (12, 8), (200, 30, 30)).save(pictures / image["file_name"])
    (folder / "annotations").mkdir(exist_ok=True)
    held = {"info": {}, "images": images, "annotations": annotations}
    (folder / "annotations" / f"captions_{name}.json").write_text(json.dumps(held))
    (folder / "annotations" / f"instances_{name}.json").write_text("{}")


def image(number):
    return {"id": number, "file_name": f"{number:012d}.jpg", "width": 12}


def note(number, text):
    return {"id": 1000 + number, "image_id": number, "caption": text}


@pytest.mark.parametrize("inner", ["", "images"])
def test_each_list_is_a_split(tmp_path, inner):
    source = tmp_path / "coco"
    notes = [note(9, "A red picture.\n"), note(5, "Five."), note(9, "It is red.")]
    write(source, "train2017", [image(9), image(5)], notes, inner)
    write(source, "val2017", [image(7)], [note(7, "Seven.")], inner)
    info = prepare(Coco(source), tmp_path / "out", image_size=8)
    assert {name: split.pictures for name, split in info.splits.items()} == {"train": 2, "val": 1}
    train = read_split(tmp_path / "out", "train")
    assert train.ids == ["train2017/000000000009.jpg", "train2017/000000000005.jpg"]
    assert train.captions == ["A red picture.", "It is red.", "Five."]
    assert info.warnings == (
        "warning: no picture is in the split 'test'; to score against 'val', say --split val.",
        "warning: the split 'val' has one picture only; scores that compare many pictures need "
        "more. Prepare more pictures, or hold out a larger share.",
    )


@pytest.mark.parametrize(
    ("images", "notes", "message"),
    [
        ([image(2)], [], "000000000002.jpg: the picture has no caption"),
        ([], [note(3, "x")], "annotations 2: no picture has the number 3"),
        ([], [note(1, " ")], "annotations 2: the caption is empty or no text"),
        ([], [{"caption": "x", "image_id": [1]}], "annotations 2: no picture has the number [1]"),
        ([{"id": 2}], [], "images 2: needs `id` and `file_name`"),
        ([{"id": 1, "file_name": "2.jpg"}], [], "images 2: the number 1 is 000000000001.jpg's"),
        ([{"id": 2, "file_name": "../2.jpg"}], [], "images 2: ../2.jpg lies outside of the folder"),
        ([{"id": 2, "file_name": "/x/2.jpg"}], [], "images 2: /x/2.jpg lies outside of the folder"),
    ],
)
def test_wrong_entries_are_named(tmp_path, images, notes, message):
    write(tmp_path, "train2017", [image(1), *images], [note(1, "good"), *notes])
    found = list(Coco(tmp_path).items())
    (item,) = [one for one in found if isinstance(one, Item)]
    assert item.captions == ("good",)
    (broken,) = [one for one in found if isinstance(one, Broken)]
    assert message in broken


def test_a_missing_picture_is_named_and_skipped(tmp_path):
    source = tmp_path / "coco"
    write(source, "train2017", [image(1), image(2)], [note(1, "one"), note(2, "two")])
    (source / "train2017" / "000000000002.jpg").unlink()
    with pytest.raises(InputError, match=r"train2017/000000000002\.jpg: no such picture"):
        prepare(Coco(source), tmp_path / "out", image_size=8)
    info = prepare(Coco(source), tmp_path / "out", image_size=8, skip_broken=True)
    assert (info.splits["train"].pictures, len(info.skipped)) == (1, 1)


def test_the_source_as_a_whole_is_checked(tmp_path):
    with pytest.raises(InputError, match=r"no/where: no such folder"):
        list(Coco(tmp_path / "no/where").items())
    with pytest.raises(InputError, match=r"holds captions_….json"):
        list(Coco(tmp_path).items())
    (tmp_path / "captions_train2017.json").write_text('{"images": []}')
    with pytest.raises(InputError, match="has no folder train2017 with the pictures of"):
        list(Coco(tmp_path).items())
    (tmp_path / "train2017").mkdir()
    for text, rule in (('{"images": []}', "`annotations` is not"), ("[]", "`images` is not"),
                       ("{", "not JSON")):  # fmt: skip
        (tmp_path / "captions_train2017.json").write_text(text)
        with pytest.raises(InputError, match=rf"captions_train2017\.json: .*{rule}"):
            list(Coco(tmp_path).items())


def test_half_a_character_is_refused(tmp_path):
    write(tmp_path, "train2017", [image(1)], [note(1, "a red \ud83d bird")])
    with pytest.raises(InputError, match=r"not JSON \(\\ud83d is half a character .*a red"):
        list(Coco(tmp_path).items())
