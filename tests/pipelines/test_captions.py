import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.pipelines.captions import captioned_pictures, other_class_rows
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.pictures import DataAugmentation, crop_and_flip
from keras_t2i.pipelines.scaling import with_floats

ROOT = Path(__file__).parents[2]


def batches(split, count, **options):
    options = {"batch_size": 8, "seed": 3, **options}
    dataset = captioned_pictures(split, **options)
    return [{k: v.numpy() for k, v in b.items()} for b in dataset.take(count)]


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_shapes_and_ranges(colours):
    batch = batches(colours, 1)[0]
    assert batch["image"].shape == (8, 16, 16, 3)
    assert batch["image"].dtype == np.float32
    assert -1 <= batch["image"].min() < batch["image"].max() <= 1
    assert batch["label"].shape == (8,)
    assert batch["attributes"].shape == (8, 1)
    assert batch["caption"].shape == batch["mismatched"].shape == (8,)


def test_captions_belong_and_partners_are_of_another_class(colours):
    for batch in batches(colours, 20):
        names = np.array(colours.info.classes)[batch["label"]]
        for name, own, other in zip(names, batch["caption"], batch["mismatched"], strict=True):
            assert name in own.decode().split()
            assert name not in other.decode().split()


def test_partners_by_picture_are_of_any_other_picture(colours):
    found = batches(colours, 40, mismatched_by_picture=True)
    same = [
        name in other.decode().split()
        for batch in found
        for name, other in zip(
            np.array(colours.info.classes)[batch["label"]], batch["mismatched"], strict=True
        )
    ]
    # Three classes of equal size: a third of the other pictures, nearly, are of the same class.
    assert 0.2 < np.mean(same) < 0.45
    one_class = dataclasses.replace(colours, labels=np.zeros_like(colours.labels))
    assert batches(one_class, 1, mismatched_by_picture=True)
    with pytest.raises(InputError, match="another class"):
        batches(one_class, 1)


def test_pictures_match_their_labels(colours):
    batch = batches(colours, 1)[0]
    channel = {"red": 0, "green": 1, "blue": 2}
    for image, label in zip(batch["image"], batch["label"], strict=True):
        assert image.mean((0, 1)).argmax() == channel[colours.info.classes[label]]


def test_every_picture_once_an_epoch(colours):
    count = len(colours.labels)
    labels = np.concatenate([b["label"] for b in batches(colours, 3, batch_size=count)])
    for epoch in labels.reshape(3, count):
        assert sorted(epoch) == sorted(colours.labels)
    assert not np.array_equal(labels[:count], labels[count : 2 * count])


def test_all_captions_are_drawn(colours):
    seen = {c for b in batches(colours, 40) for c in b["caption"]}
    assert seen == {c.encode() for c in colours.captions}


def test_same_seed_same_batches_and_another_seed_others(colours):
    for first, second in zip(batches(colours, 5), batches(colours, 5), strict=True):
        assert_equal(first, second)
    assert not np.array_equal(
        batches(colours, 1)[0]["image"], batches(colours, 1, seed=4)[0]["image"]
    )


@pytest.mark.parametrize("start", [1, 3, 4, 11])
def test_resumes_at_any_step(colours, start):
    whole = batches(colours, start + 2)
    for late, resumed in zip(whole[start:], batches(colours, 2, start_step=start), strict=True):
        assert_equal(late, resumed)


def test_shards_make_up_the_global_batch(colours):
    whole = batches(colours, 3)
    parts = [batches(colours, 3, num_shards=2, shard_index=i) for i in range(2)]
    for batch, first, second in zip(whole, *parts, strict=True):
        joined = {k: np.concatenate([first[k], second[k]]) for k in batch}
        assert_equal(batch, joined)


def test_embeddings_replace_captions(colours):
    embeddings = np.arange(len(colours.captions), dtype="float32")[:, None].repeat(4, 1)
    batch = batches(colours, 1, embeddings=embeddings)[0]
    text = batches(colours, 1)[0]
    assert batch["caption"].shape == (8, 4)
    for row, caption in zip(batch["caption"], text["caption"], strict=True):
        assert colours.captions[int(row[0])].encode() == caption


def test_memory_mapped_pictures_give_the_same_batches(colours, tmp_path):
    np.save(tmp_path / "images.npy", colours.images)
    mapped = dataclasses.replace(colours, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    assert_equal(batches(mapped, 2)[1], batches(colours, 2)[1])


def test_without_classes_only_the_picture_itself_is_excluded():
    draw = other_class_rows(np.full(5, -1))
    uniform = tf.constant(np.linspace(0, 0.999, 5), tf.float64)
    for row in range(5):
        drawn = draw(tf.fill([5], tf.constant(row, tf.int64)), uniform).numpy()
        assert set(drawn.tolist()) <= set(range(5)) - {row}


def test_other_class_rows_are_uniform():
    labels = np.array([0, 1, 1, 2, 0, 2])
    draw = other_class_rows(labels)
    uniform = tf.constant((np.arange(400) + 0.5) / 400, tf.float64)
    drawn = draw(tf.fill([400], tf.constant(1, tf.int64)), uniform).numpy()
    rows, counts = np.unique(drawn, return_counts=True)
    assert rows.tolist() == [0, 3, 4, 5]
    assert counts.tolist() == [100] * 4


def test_crop_and_flip_against_numpy():
    images = np.random.default_rng(0).integers(0, 256, (4, 7, 7, 3), dtype=np.uint8)
    rows, flips = np.array([3, 0, 3]), np.array([True, False, True])
    offsets = np.array([[0, 2], [1, 1], [2, 0]], "int32")
    result = crop_and_flip(images, rows, offsets, flips, 5)
    for row, (top, left), flip, got in zip(rows, offsets, flips, result, strict=True):
        wanted = images[row, top : top + 5, left : left + 5]
        np.testing.assert_array_equal(got, wanted[:, ::-1] if flip else wanted)


def test_bytes_are_the_same_pictures_unscaled(colours):
    floats, as_bytes = batches(colours, 2), batches(colours, 2, scaled=False)
    for scaled, unscaled in zip(floats, as_bytes, strict=True):
        assert unscaled["image"].dtype == np.uint8
        np.testing.assert_array_equal(with_floats(unscaled)["image"], scaled["image"])
        np.testing.assert_array_equal(unscaled["label"], scaled["label"])


def test_no_augmentation_takes_the_centre(colours):
    split = dataclasses.replace(colours, captions=list(colours.captions))
    batch = batches(split, 1, augmentation=DataAugmentation(crop=False, flip=False))[0]
    centres = colours.images[:, 1:17, 1:17] / 127.5 - 1
    for image in batch["image"]:
        assert np.abs(centres - image).max((1, 2, 3)).min() < 1e-6


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"labels": np.zeros(30, "int64")}, {}, "only one"),
        ({}, {"num_shards": 3}, "multiple of the number of shards"),
        ({}, {"num_shards": 2, "shard_index": 2}, "shard_index"),
        ({}, {"embeddings": np.zeros((2, 4), "float32")}, "one embedding for each caption"),
    ],
)
def test_wrong_requests_are_named(colours, change, options, words):
    with pytest.raises(InputError, match=words):
        batches(dataclasses.replace(colours, **change), 1, **options)


def test_a_process_ends_while_a_pipeline_is_at_work():
    """Its threads call Python; they would be waited for, for ever, once Python has ended."""
    program = """
import numpy as np
from keras_t2i.pipelines.plain import plain_pictures
from keras_t2i.pipelines.records import DatasetInfo, Split

N = 2000
split = Split(np.zeros((N, 76, 76, 3), np.uint8), [], np.zeros(N + 1, int), np.full(N, -1),
              np.zeros((N, 0), int), [], DatasetInfo("grey", "none", 64, 76))
batches = [iter(plain_pictures(split, 256)) for _ in range(2)]  # much to do at the end
for each in batches:
    next(each)
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=60, cwd=ROOT)
    assert ended.returncode == 0
