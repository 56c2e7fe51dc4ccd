"""Folders of pictures alone, and pairs of folders."""

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources.bird_maps import BirdMaps
from keras_t2i.pipelines.sources.pairs import Pairs
from keras_t2i.pipelines.sources.plain import Pictures


def save(path, colour, mode="RGB", size=(20, 24)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def test_pictures_without_words(tmp_path):
    for i in range(12):
        save(tmp_path / "in" / f"{i}.png", (20 * i, 0, 0))
    save(tmp_path / "in" / ".hidden.png", 0)
    info = prepare(Pictures(tmp_path / "in"), tmp_path / "out", 16)
    train = read_split(tmp_path / "out", "train")
    assert (info.splits["train"].pictures, info.splits["test"].pictures) == (11, 1)
    assert (info.paired, train.given, train.captions) == (False, None, [])
    assert (train.labels == -1).all()
    with pytest.raises(InputError, match="test-share"):
        prepare(Pictures(tmp_path / "in", 1.0), tmp_path / "other", 16)
    with pytest.raises(InputError, match="no such folder"):
        prepare(Pictures(tmp_path / "none"), tmp_path / "other", 16)


def test_folders_are_classes(tmp_path):
    for name, colour in (("b", (0, 0, 255)), ("a", (255, 0, 0))):
        for i in range(3):
            save(tmp_path / "in" / name / f"{i}.png", colour)
    prepare(Pictures(tmp_path / "in", 0.0), tmp_path / "out", 16)
    train = read_split(tmp_path / "out", "train")
    assert train.info.classes == ("a", "b")
    np.testing.assert_array_equal(train.images[:, 0, 0, 0] > 128, train.labels == 0)


def test_pairs_by_name(tmp_path):
    for i in range(10):
        save(tmp_path / "maps" / "x" / f"{i}.png", 10 * i, "L", size=(81, 60))
        save(tmp_path / "photos" / "x" / f"{i}.webp", (0, 10 * i, 0), size=(40, 30))
    given = Pairs(tmp_path / "maps", tmp_path / "photos")
    assert prepare(given, tmp_path / "out", 16).paired
    for split in ("train", "test"):
        held = read_split(tmp_path / "out", split)
        assert held.given.shape == held.images.shape
        near = held.images[:, 5, 5, 1].astype(int) - held.given[:, 5, 5, 1]
        assert np.abs(near).max() <= 3
    save(tmp_path / "maps" / "alone.png", 0, "L")
    with pytest.raises(InputError, match=r"alone.png: has no partner"):
        prepare(given, tmp_path / "other", 16)
    prepare(given, tmp_path / "other", 16, skip_broken=True)
    save(tmp_path / "maps" / "x" / "3.bmp", 0, "L")
    with pytest.raises(InputError, match="has the same name"):
        prepare(given, tmp_path / "third", 16)
    (tmp_path / "photos" / "x" / "4.webp").write_bytes(b"no picture")
    (tmp_path / "maps" / "x" / "3.bmp").unlink()
    (tmp_path / "maps" / "alone.png").unlink()
    with pytest.raises(InputError, match=r"4.webp: no picture that can be read.*--skip-broken"):
        prepare(given, tmp_path / "third", 16)
    skipped = prepare(given, tmp_path / "fourth", 16, skip_broken=True)
    assert sum(split.pictures for split in skipped.splits.values()) == 9
    save(tmp_path / "photos" / "x" / "4.webp", 0, size=(60, 40))
    with pytest.raises(InputError, match="other proportions than its partner, 81×60 and 60×40"):
        prepare(given, tmp_path / "third", 16)
    assert not (tmp_path / "third").exists()


def test_large_pairs_are_read_from_a_file(tmp_path):
    prepare(BirdMaps(20), tmp_path / "maps", 16)
    in_memory = read_split(tmp_path / "maps", "train")
    mapped = read_split(tmp_path / "maps", "train", most_bytes=1000)
    assert isinstance(mapped.images, np.memmap)
    assert isinstance(mapped.given, np.memmap)
    np.testing.assert_array_equal(in_memory.images, mapped.images)
    np.testing.assert_array_equal(in_memory.given, mapped.given)
    assert not np.array_equal(mapped.images, mapped.given)
