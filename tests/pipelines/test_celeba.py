import json

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.celeba import CelebA

NAMES = [
    "Male",
    "Straight_Hair",
    "Wavy_Hair",
    "Bangs",
    "Receding_Hairline",
    "Bald",
    "Narrow_Eyes",
    "Bags_Under_Eyes",
    "Eyeglasses",
    "Arched_Eyebrows",
    "Bushy_Eyebrows",
]
PICTURES = {
    "1.jpg": {"Male", "Bald", "Eyeglasses"},
    "2.jpg": {"Wavy_Hair", "Arched_Eyebrows"},
    "3.jpg": {"Wavy_Hair", "Bangs", "Arched_Eyebrows"},  # two labels of hair
    "4.jpg": {"Male", "Straight_Hair"},  # none of eyes
    "5.jpg": {"Straight_Hair", "Narrow_Eyes"},
}


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "celeba"
    (root / "img_align_celeba").mkdir(parents=True)
    for name in PICTURES:
        Image.new("RGB", (30, 40), (200, 150, 120)).save(root / "img_align_celeba" / name)
    rows = [
        f"{name} " + " ".join("1" if n in held else "-1" for n in NAMES)
        for name, held in PICTURES.items()
    ]
    lines = [str(len(rows)), " ".join(NAMES), *rows]
    (root / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    splits = dict(zip(PICTURES, "00012", strict=True))
    (root / "list_eval_partition.txt").write_text(
        "".join(f"{name} {split}\n" for name, split in splits.items())
    )
    return root


def items(source, **options):
    return list(CelebA(source, **options).items())


def test_pictures_with_one_label_of_each_group(source):
    notes = [item for item in items(source) if isinstance(item, Note)]
    assert notes == ["2 of 5 pictures left out: not exactly one label of hair (1), eyes (1)."]
    kept = [item for item in items(source) if isinstance(item, Item)]
    assert [(i.id, i.split, i.captions) for i in kept] == [
        ("1.jpg", "train", ("male, bald, eyeglasses",)),
        ("2.jpg", "train", ("female, wavy, arched brows",)),
        ("5.jpg", "test", ("female, straight, narrow",)),
    ]
    assert [i.attributes for i in kept] == [(0, 4, 2), (1, 1, 3), (1, 0, 0)]


def test_the_whole_way_to_records(source, tmp_path):
    info = prepare(CelebA(source), tmp_path / "out", image_size=16)
    assert info.splits["train"].labels["wavy"] == 1
    assert info.splits["test"].combinations == {"female, straight, narrow": 1}
    assert any("left out" in line for line in info.warnings)
    split = read_split(tmp_path / "out", "train")
    assert split.images.shape == (2, 19, 19, 3)
    np.testing.assert_array_equal(split.attributes, [[0, 4, 2], [1, 1, 3]])


def test_another_schema_with_a_free_group(source, tmp_path):
    file = tmp_path / "schema.json"
    groups = [
        {"name": "gender", "labels": {"male": "Male", "female": "-Male"}},
        {"name": "with", "free": True, "labels": {"glasses": "Eyeglasses", "waves": "Wavy_Hair"}},
    ]
    file.write_text(json.dumps({"groups": groups}))
    kept = items(source, schema=file)
    assert [i.attributes for i in kept] == [(0, 1, 0), (1, 0, 1), (1, 0, 1), (0, 0, 0), (1, 0, 0)]
    groups[1]["labels"]["glasses"] = "Eyeglases"
    file.write_text(json.dumps({"groups": groups}))
    with pytest.raises(InputError, match=r"'Eyeglases'.* Did you mean 'Eyeglasses'"):
        items(source, schema=file)


def test_captions_beside_the_labels(source, tmp_path):
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "2.txt").write_text("a woman smiles\nshe has wavy hair\n")
    first, second, _ = (i for i in items(source, captions=folder) if isinstance(i, Item))
    assert len(first.captions) == 1
    assert second.captions[1:] == ("a woman smiles", "she has wavy hair")
    with pytest.raises(InputError, match=r"--captions .*no such folder"):
        prepare(CelebA(source, captions=tmp_path / "no"), tmp_path / "out")


def test_the_tables_of_kaggle(source):
    attributes = (source / "list_attr_celeba.txt").read_text().splitlines()[1:]
    csv = [",".join(["image_id", *attributes[0].split()])]
    csv += [",".join(line.split()) for line in attributes[1:]]
    splits = (source / "list_eval_partition.txt").read_text().splitlines()
    (source / "list_attr_celeba.csv").write_text("\n".join(csv))
    (source / "list_eval_partition.csv").write_text(
        "\n".join(["image_id,partition", *(",".join(line.split()) for line in splits)])
    )
    expected = [(i.id, i.split) for i in items(source) if isinstance(i, Item)]
    for name in ("list_attr_celeba.txt", "list_eval_partition.txt"):
        (source / name).unlink()
    assert [(i.id, i.split) for i in items(source) if isinstance(i, Item)] == expected


def test_without_a_partition_the_pictures_are_divided(source):
    (source / "list_eval_partition.txt").unlink()
    assert {i.split for i in items(source) if isinstance(i, Item)} == {"train"}


def test_a_listed_picture_that_is_missing(source, tmp_path):
    (source / "img_align_celeba" / "2.jpg").unlink()
    assert any(isinstance(i, Broken) and "2.jpg: no such picture" in i for i in items(source))
    with pytest.raises(InputError, match=r"2\.jpg: no such picture"):
        prepare(CelebA(source), tmp_path / "out", image_size=16)
    info = prepare(CelebA(source), tmp_path / "out", image_size=16, skip_broken=True)
    assert len(info.skipped) == 1


def test_a_picture_outside_of_the_folder_is_refused(source):
    (source / "img_align_celeba" / "2.jpg").rename(source / "2.jpg")
    for name in ("list_attr_celeba.txt", "list_eval_partition.txt"):
        (source / name).write_text((source / name).read_text().replace("2.jpg", "../2.jpg"))
    (broken,) = [one for one in items(source) if isinstance(one, Broken)]
    assert broken.endswith("../2.jpg lies outside of the folder.")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("list_attr_celeba.txt", "2.jpg -1", "2.jpg 0", r"line 4: values must be 1 or -1"),
        ("list_attr_celeba.txt", "2.jpg -1", "2.jpg", r"line 4: 2\.jpg needs 11 values.* 10"),
        ("list_attr_celeba.txt", "2.jpg", "1.jpg", r"line 4: 1\.jpg appears twice"),
        ("list_attr_celeba.txt", "Straight_Hair", "Male", r"line 2: must name .* each once"),
        ("list_eval_partition.txt", "2.jpg", "1.jpg", r"line 2: 1\.jpg appears twice"),
        ("list_eval_partition.txt", "2.jpg 0", "2.jpg 7", r"line 2: must be a picture and 0"),
        ("list_eval_partition.txt", "2.jpg", "x.jpg", r"does not name 2\.jpg"),
    ],
)
def test_wrong_lists_are_named(source, file, old, new, words):
    path = source / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        items(source)


def test_a_list_without_the_count_of_pictures_loses_none(source):
    expected = [(i.id, i.attributes) for i in items(source) if isinstance(i, Item)]
    path = source / "list_attr_celeba.txt"
    path.write_text(path.read_text().split("\n", 1)[1])
    assert [(i.id, i.attributes) for i in items(source) if isinstance(i, Item)] == expected


def test_the_folders_that_the_lists_are_published_in(source):
    expected = [(i.id, i.split) for i in items(source) if isinstance(i, Item)]
    for folder, name in (("Anno", "list_attr_celeba.txt"), ("Eval", "list_eval_partition.txt")):
        (source / folder).mkdir()
        (source / name).rename(source / folder / name)
    (source / "img_align_celeba").rename(source / "Img")
    assert [(i.id, i.split) for i in items(source) if isinstance(i, Item)] == expected


def test_missing_parts_are_named(source, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        items(tmp_path / "nowhere")
    (source / "img_align_celeba").rename(source / "pictures")
    with pytest.raises(InputError, match="no folder img"):
        items(source)
    (source / "list_attr_celeba.txt").unlink()
    with pytest.raises(InputError, match="has no list_attr_celeba"):
        items(source)


def test_the_real_lists(shared):
    found = items(shared / "data" / "celeba3873", captions=shared / "data" / "celeba3873" / "text")
    assert sum(isinstance(item, Item) for item in found) == 890
    assert not any(isinstance(item, Broken) for item in found)
