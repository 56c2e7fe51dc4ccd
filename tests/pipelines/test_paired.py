"""Pairs of pictures."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from pipelines.errors import InputError
from pipelines.paired import (
    CentreHole,
    Downsampled,
    RandomHoles,
    aligned_pairs,
    derived_pairs,
    partner_rows,
)


def take(dataset, count):
    return [{k: v.numpy() for k, v in batch.items()} for batch in dataset.take(count)]


def test_smaller_pictures_are_antialiased_means(colours):
    (batch,) = take(derived_pairs(colours, 6, Downsampled(4)), 1)
    assert batch["source"].shape == (6, 4, 4, 3)
    assert batch["image"].shape == (6, 16, 16, 3)
    blocks = batch["image"].reshape(6, 4, 4, 4, 4, 3).mean((2, 4))
    assert np.abs(batch["source"] - blocks).mean() < 0.05
    with pytest.raises(InputError, match="multiple of 3"):
        derived_pairs(colours, 6, Downsampled(3))


def test_a_hole_in_the_middle(colours):
    (batch,) = take(derived_pairs(colours, 6, CentreHole(0.5)), 1)
    mask = batch["source"][..., 3]
    assert batch["source"].shape == (6, 16, 16, 4)
    np.testing.assert_array_equal(mask[:, 4:12, 4:12], 1.0)
    assert mask.sum() == 6 * 64
    np.testing.assert_array_equal(batch["source"][..., :3], batch["image"] * (1 - mask[..., None]))


def test_random_holes_differ_and_are_rectangles(colours):
    first, second = take(derived_pairs(colours, 6, RandomHoles(1, 0.5)), 2)
    masks = np.concatenate([first["source"][..., 3], second["source"][..., 3]])
    for mask in masks:
        rows, columns = mask.any(1), mask.any(0)
        assert mask.sum() == rows.sum() * columns.sum()  # a rectangle
        assert 3 <= rows.sum() <= 9
    assert len({mask.tobytes() for mask in masks}) > 8


@pytest.mark.parametrize("derivation", [Downsampled(2), RandomHoles()])
def test_pairs_are_a_function_of_seed_and_step(colours, derivation):
    whole = take(derived_pairs(colours, 6, derivation, seed=2), 5)
    (later,) = take(derived_pairs(colours, 6, derivation, seed=2, start_step=4), 1)
    halves = [
        take(derived_pairs(colours, 6, derivation, seed=2, num_shards=2, shard_index=i), 1)[0]
        for i in range(2)
    ]
    for name in ("source", "image"):
        np.testing.assert_array_equal(later[name], whole[4][name])
        joined = np.concatenate([half[name] for half in halves])
        np.testing.assert_array_equal(joined, whole[0][name])


def test_two_data_sets_are_matched_by_name_and_cut_alike(colours):
    turned = np.random.default_rng(0).permutation(len(colours.ids))
    negative = replace(
        colours, images=255 - colours.images[turned], ids=[colours.ids[i] for i in turned]
    )
    for batch in take(aligned_pairs(negative, colours, 6, seed=1), 3):
        np.testing.assert_allclose(batch["source"], -batch["image"], atol=1e-6)
    with pytest.raises(InputError, match="has no partner"):
        partner_rows(replace(colours, ids=[f"x{i}" for i in colours.ids]), colours)
    with pytest.raises(InputError, match="must have one size"):
        partner_rows(replace(colours, images=colours.images[:, :10, :10]), colours)


def test_holes_in_a_graph(colours):
    images = tf.zeros((3, 16, 16, 3))
    drawn = tf.function(RandomHoles())(images, tf.constant([1, 2]))
    assert drawn.shape == (3, 16, 16, 4)
