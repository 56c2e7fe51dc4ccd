"""Pairs of pictures."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import (
    CentreMask,
    Degradation,
    Downsample,
    RandomMasks,
    paired_pictures,
)


def take(dataset, count):
    return [{k: v.numpy() for k, v in batch.items()} for batch in dataset.take(count)]


def test_smaller_pictures_are_antialiased_means(colours):
    (batch,) = take(paired_pictures(colours, 6, Downsample(4)), 1)
    assert batch["source"].shape == (6, 4, 4, 3)
    assert batch["image"].shape == (6, 16, 16, 3)
    blocks = batch["image"].reshape(6, 4, 4, 4, 4, 3).mean((2, 4))
    assert np.abs(batch["source"] - blocks).mean() < 0.05
    with pytest.raises(InputError, match="multiple of 3"):
        paired_pictures(colours, 6, Downsample(3))


def test_a_hole_in_the_middle(colours):
    (batch,) = take(paired_pictures(colours, 6, CentreMask(0.5)), 1)
    mask = batch["source"][..., 3]
    assert batch["source"].shape == (6, 16, 16, 4)
    np.testing.assert_array_equal(mask[:, 4:12, 4:12], 1.0)
    assert mask.sum() == 6 * 64
    np.testing.assert_array_equal(batch["source"][..., :3], batch["image"] * (1 - mask[..., None]))


def test_random_holes_differ_and_are_rectangles(colours):
    first, second = take(paired_pictures(colours, 6, RandomMasks(1, 0.5)), 2)
    masks = np.concatenate([first["source"][..., 3], second["source"][..., 3]])
    for mask in masks:
        rows, columns = mask.any(1), mask.any(0)
        assert mask.sum() == rows.sum() * columns.sum()  # a rectangle
        assert 3 <= rows.sum() <= 9
    assert len({mask.tobytes() for mask in masks}) > 8


def test_random_holes_cover_a_quarter_at_most():
    masks = RandomMasks()(tf.zeros((200, 32, 32, 3)), tf.constant([3, 4]))[..., 3].numpy()
    covered = masks.mean((1, 2))
    assert 0.06 < covered.mean() < covered.max() <= 0.27  # edges fall on whole pixels


@pytest.mark.parametrize(
    "holes",
    [CentreMask(0.0), CentreMask(1.0), CentreMask(2.0), RandomMasks(0), RandomMasks(2, 1.5)],
)
def test_holes_that_cannot_be(colours, holes):
    with pytest.raises(InputError, match=r"between 0 and 1. Received"):
        paired_pictures(colours, 6, holes)


@pytest.mark.parametrize("degradation", [Downsample(2), RandomMasks()])
def test_pairs_are_a_function_of_seed_and_step(colours, degradation):
    whole = take(paired_pictures(colours, 6, degradation, seed=2), 5)
    (later,) = take(paired_pictures(colours, 6, degradation, seed=2, start_step=4), 1)
    halves = [
        take(paired_pictures(colours, 6, degradation, seed=2, num_shards=2, shard_index=i), 1)[0]
        for i in range(2)
    ]
    for name in ("source", "image"):
        np.testing.assert_array_equal(later[name], whole[4][name])
        joined = np.concatenate([half[name] for half in halves])
        np.testing.assert_array_equal(joined, whole[0][name])


def test_stored_pairs_are_cut_and_mirrored_alike(colours):
    negatives = replace(colours, given=255 - colours.images)
    for batch in take(paired_pictures(negatives, 6, seed=1), 3):
        np.testing.assert_allclose(batch["source"], -batch["image"], atol=1e-6)
    with pytest.raises(InputError, match="are no pairs"):
        paired_pictures(colours, 6)


def test_holes_in_a_graph(colours):
    images = tf.zeros((3, 16, 16, 3))
    drawn = tf.function(RandomMasks())(images, tf.constant([1, 2]))
    assert drawn.shape == (3, 16, 16, 4)


def test_degradations_share_a_contract():
    for degradation in (Downsample(), CentreMask(), RandomMasks()):
        assert isinstance(degradation, Degradation)

    class Unsized(Degradation):
        def __call__(self, images, seed):
            return images

    with pytest.raises(TypeError, match="source_size"):
        Unsized()
