"""Pictures of two kinds."""

from dataclasses import replace

import numpy as np
import pytest

from keras_t2i.pipelines.dataset_info import Attribute
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.unpaired import pictures_of, unpaired_pictures


def take(dataset, count):
    return [{k: v.numpy() for k, v in batch.items()} for batch in dataset.take(count)]


@pytest.fixture
def kinds(colours):
    return pictures_of(colours, "red"), pictures_of(colours, "blue")


def test_each_side_has_its_kind(kinds):
    for batch in take(unpaired_pictures(*kinds, 4), 6):
        means = {name: images.mean((0, 1, 2)) for name, images in batch.items()}
        assert means["first"].argmax() == 0
        assert means["second"].argmax() == 2


def test_a_batch_is_a_function_of_seed_and_step(kinds):
    whole = take(unpaired_pictures(*kinds, 4, seed=3), 5)
    (later,) = take(unpaired_pictures(*kinds, 4, seed=3, start_step=4), 1)
    halves = [
        take(unpaired_pictures(*kinds, 4, seed=3, num_shards=2, shard_index=i), 1)[0]
        for i in range(2)
    ]
    for name in ("first", "second"):
        np.testing.assert_array_equal(later[name], whole[4][name])
        np.testing.assert_array_equal(np.concatenate([h[name] for h in halves]), whole[0][name])


def test_kinds_stand_beside_ever_other_partners(kinds):
    first, second = (replace(k, images=k.images[:7]) for k in kinds)
    batches = take(unpaired_pictures(first, second, 7), 2)
    assert not np.array_equal(batches[0]["first"], batches[1]["first"])


def test_which_kinds_there_are(colours):
    assert len(pictures_of(colours, "colour: red").images) == 10
    with pytest.raises(InputError, match=r"no class or label 'violet'.*red.*colour: blue"):
        pictures_of(colours, "violet")
    kept = colours.info.attributes
    doubled = replace(colours.info, attributes=(*kept, Attribute("edge", ("red",))))
    columns = np.concatenate([colours.attributes, np.zeros((30, 1), "int64")], 1)
    twice = replace(colours, info=doubled, attributes=columns)
    with pytest.raises(InputError, match="Several attributes have 'red'"):
        pictures_of(twice, "red")
    assert len(pictures_of(twice, "edge: red").images) == 30
    empty = replace(colours, info=replace(colours.info, classes=(*colours.info.classes, "none")))
    with pytest.raises(InputError, match="No picture is of 'none'"):
        pictures_of(empty, "none")
