import time

import numpy as np
import pytest

from keras_t2i.pipelines.attributes import MONTAGE
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.sources.face_drawing import draw_face
from keras_t2i.pipelines.sources.faces import Faces


@pytest.fixture(scope="module")
def items():
    return list(Faces(500).items())


def test_every_combination_takes_its_turn(items):
    trained = {item.attributes for item in items if item.split == "train"}
    assert len(trained) == 50
    counts = {split: sum(i.split == split for i in items) for split in ("train", "val", "test")}
    assert counts == {"train": 400, "val": 50, "test": 50}
    assert {i.split for i in Faces(60).items()} == {"train", "val", "test"}


def test_labels_captions_and_attributes_agree(items):
    for item in items[:50]:
        assert MONTAGE.columns(MONTAGE.parse(item.captions[0])) == item.attributes
        person = "woman" if item.attributes[0] else "man"
        assert all(person in caption.split() for caption in item.captions[1:])


def test_a_picture_depends_on_seed_and_number_alone():
    few, many = list(Faces(3).items()), list(Faces(60).items())
    np.testing.assert_array_equal(few[2].load(40), many[2].load(40))
    assert (
        np.abs(few[2].load(40).astype(int) - list(Faces(3, seed=1).items())[2].load(40)).max() > 20
    )


@pytest.mark.parametrize("size", [16, 76, 304])
def test_the_same_face_at_every_size(size):
    labels = ("female", "wavy", "double eyelid")
    picture = draw_face(labels, (0, 1), size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8
    coarse = picture.reshape(4, size // 4, 4, size // 4, 3).mean((1, 3))
    other = draw_face(labels, (0, 1), 128).reshape(4, 32, 4, 32, 3).mean((1, 3))
    assert np.abs(coarse - other).mean() < 4


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_label_shows(place):
    """The same person with another label differs visibly."""
    start = ["male", "straight", "single eyelid"]
    for value in MONTAGE.attributes[place].values:
        if value == start[place]:
            continue
        other = [value if i == place else label for i, label in enumerate(start)]
        one, two = (draw_face(tuple(labels), (0, 5), 64).astype(int) for labels in (start, other))
        changed = np.abs(one - two).max(-1)
        assert (changed > 40).sum() > 12, value
        if place == 2:  # only the eyes
            assert (changed[:16] == 0).all()
            assert (changed[44:] == 0).all()


def test_asymmetric_eyes_are_where_the_labels_say():
    """One side is as with single lids, the other as with double lids."""
    faces = {
        eyes: draw_face(("female", "crew cut", eyes), (0, 9), 128).astype(int)
        for eyes in ("single eyelid", "double eyelid", "left asymmetric", "right asymmetric")
    }
    left, right = np.s_[:, :62], np.s_[:, 66:]
    np.testing.assert_array_equal(faces["left asymmetric"][left], faces["single eyelid"][left])
    np.testing.assert_array_equal(faces["left asymmetric"][right], faces["double eyelid"][right])
    np.testing.assert_array_equal(faces["right asymmetric"][left], faces["double eyelid"][left])
    np.testing.assert_array_equal(faces["right asymmetric"][right], faces["single eyelid"][right])


def test_it_is_fast_enough(items):
    start = time.process_time()
    for item in items[:20]:
        item.load(76)
    assert (time.process_time() - start) / 20 < 0.1


@pytest.mark.parametrize(
    ("options", "words"), [({"pictures": 0}, "pictures"), ({"seed": -1}, "seed")]
)
def test_numbers_too_small_are_refused(options, words):
    with pytest.raises(InputError, match=f"faces: {words} must be at least"):
        Faces(**options)
