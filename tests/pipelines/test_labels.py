import numpy as np
import pytest

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.labels import label_vectors, labelled_pictures
from keras_t2i.pipelines.pictures import DataAugmentation
from keras_t2i.pipelines.records import read_split
from tests.tiny_labels import SCHEMA

STILL = DataAugmentation(crop=False, flip=False)


@pytest.fixture(scope="module")
def split(labelled_data):
    return read_split(labelled_data, "train")


def batches(split, count, **options):
    options = {"batch_size": 8, **options}
    return list(labelled_pictures(split, **options).take(count).as_numpy_iterator())


def test_labels_belong_to_their_pictures(split):
    batch = batches(split, 1, batch_size=48, augmentation=STILL)[0]
    assert batch["image"].shape == (48, 16, 16, 3)
    assert np.abs(batch["image"]).max() <= 1
    np.testing.assert_array_equal(batch["labels"][:, :3].argmax(1), brightest_channel(batch))
    np.testing.assert_array_equal(batch["labels"][:, 3:5].argmax(1), bright_side(batch))


def test_a_mirrored_picture_has_mirrored_labels(split):
    batch = batches(split, 1, batch_size=48, augmentation=DataAugmentation(crop=False, flip=True))[
        0
    ]
    np.testing.assert_array_equal(batch["labels"][:, 3:5].argmax(1), bright_side(batch))
    assert batch["labels"].sum() == batches(split, 1, batch_size=48)[0]["labels"].sum()


def brightest_channel(batch):
    red, green, blue = np.moveaxis(batch["image"].mean((1, 2)), -1, 0)
    return np.where(
        red == np.maximum(red, np.maximum(green, blue)), 0, np.where(blue > green, 1, 2)
    )


def bright_side(batch):
    left, right = (batch["image"][:, :, half].mean((1, 2, 3)) for half in np.s_[:8, 8:])
    return (right > left).astype(int)


def test_a_pipeline_goes_on_at_any_step(split):
    for balanced in (False, True):
        whole = batches(split, 9, balanced=balanced)
        rest = batches(split, 4, balanced=balanced, start_step=5)
        for one, other in zip(whole[5:], rest, strict=True):
            np.testing.assert_array_equal(one["image"], other["image"])
            np.testing.assert_array_equal(one["labels"], other["labels"])


def test_shards_fit_together(split):
    whole = batches(split, 2)
    parts = [batches(split, 2, num_shards=2, shard_index=i) for i in range(2)]
    for i in range(2):
        joined = np.concatenate([part[i]["image"] for part in parts])
        np.testing.assert_array_equal(joined, whole[i]["image"])


def test_balanced_draws_rare_combinations_as_often(split):
    from dataclasses import replace

    vectors = label_vectors(split)
    red = vectors[:, 0] == 1
    rare = np.flatnonzero(~red)[:3]  # 16 red pictures, 3 others
    rows = np.concatenate([np.flatnonzero(red), rare])
    few = replace(split, images=split.images[rows], attributes=split.attributes[rows])
    counts = {}
    for balanced in (False, True):
        drawn = np.concatenate(
            [b["labels"] for b in batches(few, 40, balanced=balanced, augmentation=STILL)]
        )
        counts[balanced] = 1 - drawn[:, 0].mean()
    assert abs(counts[False] - 3 / 19) < 0.02
    kinds = len(np.unique(vectors[rows], axis=0))
    others = len(np.unique(vectors[rare], axis=0))
    assert abs(counts[True] - others / kinds) < 0.08


def test_data_without_labels_are_refused(colour_data, split):
    from dataclasses import replace

    bare = replace(
        split, info=replace(split.info, attributes=()), attributes=split.attributes[:, :0]
    )
    with pytest.raises(InputError, match="have no labels"):
        labelled_pictures(bare, 8)
    with pytest.raises(InputError, match="multiple of the number of shards"):
        labelled_pictures(split, 8, num_shards=3)


def test_multi_hot_and_columns_are_inverse():
    every = SCHEMA.combinations()
    columns = np.array([SCHEMA.columns(row) for row in every])
    np.testing.assert_array_equal(SCHEMA.multi_hot(columns), every)
