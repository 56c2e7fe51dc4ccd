from collections import Counter

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources import Broken, Item, Note
from keras_t2i.pipelines.sources.cub import Cub
from keras_t2i.pipelines.sources.splits import divided_pairs

SPECIES = ("001.Black_footed_Albatross", "002.Laysan_Albatross")
PICTURES = 25  # a species
BOX = "30.0 10.0 20.0 16.0"


def make_cub(root, captions="text_c10"):
    """Two species in the official layout: grey pictures, white inside the bounding box."""
    cub = root / "CUB_200_2011"
    pixels = np.full((40, 60, 3), 90, np.uint8)
    pixels[10:26, 30:50] = 255
    names = [f"{species}/Bird_{i:04d}.png" for species in SPECIES for i in range(PICTURES)]
    for name in names:
        picture = cub / "images" / name
        text = (root / captions / name).with_suffix(".txt")
        picture.parent.mkdir(parents=True, exist_ok=True)
        text.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(picture)
        text.write_text("a white bird\nthis bird is white\n")
    write_index(cub / "images.txt", names)
    write_index(cub / "bounding_boxes.txt", [BOX] * len(names))
    write_index(cub / "classes.txt", SPECIES)
    return cub


def write_index(path, values):
    path.write_text("".join(f"{number} {value}\n" for number, value in enumerate(values, 1)))


def replace_line(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def broken_of(root):
    return [item for item in Cub(root).items() if isinstance(item, Broken)]


@pytest.fixture
def cub(tmp_path):
    return make_cub(tmp_path)


def test_class_disjoint_split_is_that_of_reed(cub):
    items = list(Cub(cub.parent).items())
    assert len(items) == 2 * PICTURES
    for item in items:
        assert isinstance(item, Item)
        assert item.split == {SPECIES[0]: "test", SPECIES[1]: "train"}[item.id.split("/")[0]]
        assert item.captions == ("a white bird", "this bird is white")
    assert Cub(cub.parent).classes == SPECIES


def test_thesis_divides_each_species(cub):
    items = list(Cub(cub.parent, split="thesis").items())
    for label in (0, 1):
        splits = [item.split for item in items if item.label == label]
        assert [splits.count(name) for name in ("train", "val", "test")] == [16, 4, 5]
    again = list(Cub(cub.parent, split="thesis").items())
    assert [i.split for i in again] == [i.split for i in items]
    other = list(Cub(cub.parent, split="thesis", seed=1).items())
    assert [i.split for i in other] != [i.split for i in items]


def test_pairs_divide_captions_whatever_their_picture(cub):
    items = [i for i in Cub(cub.parent, split="pairs").items() if isinstance(i, Item)]
    pairs = {
        split: [(item.id.removeprefix(f"{split}/"), c) for item in items if item.split == split
                for c in item.captions]
        for split in ("train", "val", "test")
    }  # fmt: skip
    assert [len(held) for held in pairs.values()] == [64, 16, 20]
    together = [pair for held in pairs.values() for pair in held]
    assert len(set(together)) == len(together) == 2 * 2 * PICTURES
    assert len({item.id for item in items}) == len(items) > 2 * PICTURES
    pictures = [{name for name, _ in held} for held in pairs.values()]
    assert pictures[0] & pictures[2]
    (note,) = [i for i in Cub(cub.parent, split="pairs").items() if isinstance(i, Note)]
    assert f"note: {len(items) - 2 * PICTURES} of 50 pictures are in several splits" in note
    other = [i for i in Cub(cub.parent, split="pairs", seed=1).items() if isinstance(i, Item)]
    assert [i.id for i in other] != [i.id for i in items]


def test_pairs_of_all_of_cub_are_as_many_as_the_thesis_counts():
    """75,443, 18,861 and 23,576 of 11,788 pictures with ten captions each."""
    captions = {str(name): tuple("abcdefghij") for name in range(11_788)}
    parts = divided_pairs(captions, {"train": 0.64, "val": 0.16, "test": 0.20}, seed=0)
    counts = Counter(dict.fromkeys(("train", "val", "test"), 0))
    for part in parts.values():
        counts.update({split: len(texts) for split, texts in part.items()})
        assert sorted(c for texts in part.values() for c in texts) == list("abcdefghij")
    assert list(counts.values()) == [75_443, 18_861, 23_576]


def test_pairs_are_prepared(cub, tmp_path):
    info = prepare(Cub(tmp_path, split="pairs"), tmp_path / "out", image_size=8)
    assert [info.splits[name].captions for name in ("train", "val", "test")] == [64, 16, 20]
    assert sum(split.pictures for split in info.splits.values()) > 2 * PICTURES
    assert "are in several splits" in info.warnings[0]
    held = read_split(tmp_path / "out", "val")
    assert held.ids[0].startswith("val/00")


def test_crop_follows_the_bounding_box(cub):
    image = next(Cub(cub.parent).items()).load(30)
    # 30 pixels about (40, 18), of which the box is x 30..50 and y 10..26.
    assert (image[7, 15] == 255).all()
    assert (image[15, 2] == 90).all()
    assert (image == 255).all(-1).sum() == pytest.approx(20 * 16, abs=80)


@pytest.mark.parametrize("captions", ["text_c10", "CUB_200_2011/text", "birds/text_c10"])
def test_captions_are_found_beside_and_inside(tmp_path, captions):
    cub = make_cub(tmp_path, captions)
    for source in (tmp_path, cub):
        assert not broken_of(source)


def test_captions_elsewhere_are_named(tmp_path):
    make_cub(tmp_path / "data", captions="../elsewhere")
    with pytest.raises(InputError, match="--captions"):
        list(Cub(tmp_path / "data").items())
    with pytest.raises(InputError, match="missing: no such folder"):
        list(Cub(tmp_path / "data", captions=tmp_path / "missing").items())
    items = list(Cub(tmp_path / "data", captions=tmp_path / "elsewhere").items())
    assert all(isinstance(item, Item) for item in items)


def test_species_without_folder_are_left_out(cub):
    replace_line(cub / "classes.txt", "2 002", "3 003.Sooty_Albatross\n2 002")
    with (cub / "images.txt").open("a") as file:
        file.write("99 003.Sooty_Albatross/Sooty_0001.jpg\n")
    assert Cub(cub).classes == SPECIES
    assert not broken_of(cub)


@pytest.mark.parametrize("line", ["", "7 1 2 3\n", "7 1 2 nan 4\n", "7 1 2 0 4\n"])
def test_missing_or_bad_box_is_named(cub, line):
    replace_line(cub / "bounding_boxes.txt", f"\n7 {BOX}\n", f"\n{line}")
    (broken,) = broken_of(cub)
    assert "bounding_boxes.txt: picture 7 needs `x y width height`" in broken


@pytest.mark.parametrize("name", ["images.txt", "classes.txt", "bounding_boxes.txt"])
def test_bad_index_line_is_named(cub, name):
    path = cub / name
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[0]]))
    with pytest.raises(InputError, match=rf"{name}, line {len(lines) + 1}: the number 1 appears"):
        list(Cub(cub).items())
    path.write_text("\n".join([lines[0], "oops", *lines[1:]]))
    with pytest.raises(InputError, match=rf"{name}, line 2: must be `number value`"):
        list(Cub(cub).items())
    path.unlink()
    with pytest.raises(InputError, match=name):
        list(Cub(cub).items())


def test_a_picture_outside_of_the_folder_is_refused(cub):
    name = f"{SPECIES[1]}/Bird_0003.png"
    outside = f"{SPECIES[1]}/../../../Bird_0003.png"
    replace_line(cub / "images.txt", name, outside)
    assert f"{cub / 'images.txt'}: {outside} lies outside of the folder." in broken_of(cub.parent)


def test_what_is_missing_is_named_and_skipped(cub, tmp_path):
    texts = tmp_path / "text_c10" / SPECIES[1]
    (texts / "Orphan.txt").write_text("x")
    (texts / "Bird_0003.txt").unlink()
    (cub / "images" / SPECIES[1] / "Bird_0005.png").unlink()
    info = prepare(Cub(tmp_path), tmp_path / "out", image_size=8, skip_broken=True)
    assert info.splits["train"].pictures == PICTURES - 2
    wanted = (
        "Bird_0003.txt: the caption file is missing",
        "Bird_0005.png: no such picture",
        "Orphan.txt: a caption file without picture",
    )
    assert len(info.skipped) == len(wanted)
    for line, message in zip(info.skipped, wanted, strict=True):
        assert message in line


def test_source_as_a_whole_is_checked(tmp_path):
    with pytest.raises(InputError, match="missing: no such folder"):
        list(Cub(tmp_path / "missing").items())
    with pytest.raises(InputError, match=r"holds images\.txt"):
        list(Cub(tmp_path).items())


def test_species_outside_the_split_is_named(cub, tmp_path):
    for file in (cub / "classes.txt", cub / "images.txt"):
        replace_line(file, SPECIES[1], "002.Dodo")
    for folder in (cub / "images", tmp_path / "text_c10"):
        (folder / SPECIES[1]).rename(folder / "002.Dodo")
    with pytest.raises(InputError, match=r"002\.Dodo.*`--split thesis`"):
        list(Cub(tmp_path).items())
    assert len(list(Cub(tmp_path, split="thesis").items())) == 2 * PICTURES


def test_real_pictures(shared, tmp_path):
    """Ten species: all pictures in the class-disjoint split, all names in the other."""
    source = shared / "data" / "cub10"
    info = prepare(Cub(source), tmp_path / "out", image_size=16)
    counts = {name: (split.pictures, split.captions) for name, split in info.splits.items()}
    assert counts == {"train": (275, 2750), "test": (268, 2680)}
    splits = [item.split for item in Cub(source, split="thesis").items()]
    assert [splits.count(name) for name in ("train", "val", "test")] == [346, 87, 110]
    pairs = Counter()
    for item in Cub(source, split="pairs").items():
        if isinstance(item, Item):
            pairs[item.split] += len(item.captions)
    assert dict(pairs) == {"train": 3475, "val": 869, "test": 1086}
