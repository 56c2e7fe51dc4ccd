"""The very batches that runs have been trained on: a run that is resumed must go on with them.

The digests were taken before the pipelines shared their common part. Pictures count as bytes, which
differ by no rounding of another processor's.
"""

import hashlib

import numpy as np
import pytest

from keras_t2i.pipelines.captions import caption_batches, captioned_pictures
from keras_t2i.pipelines.dataset_info import Attribute, DatasetInfo
from keras_t2i.pipelines.labels import labelled_pictures
from keras_t2i.pipelines.melodies import Melodies, melody_bars
from keras_t2i.pipelines.paired import CentreMask, Downsample, RandomMasks, paired_pictures
from keras_t2i.pipelines.pictures import DataAugmentation
from keras_t2i.pipelines.plain import plain_pictures
from keras_t2i.pipelines.points import Grid, Ring, mixture_points
from keras_t2i.pipelines.records import Split
from keras_t2i.pipelines.unpaired import pictures_of, unpaired_pictures

ROWS = np.arange(24)
STILL = DataAugmentation(crop=False, flip=False)
SPLIT = Split(
    images=np.fromfunction(
        lambda i, y, x, c: (37 * i + 11 * y + 5 * x * x + 3 * c) % 256, (24, 10, 10, 3)
    ).astype("uint8"),
    given=np.fromfunction(
        lambda i, y, x, c: (91 * i + 7 * y * y + 3 * x + c) % 256, (24, 10, 10, 3)
    ).astype("uint8"),
    captions=[f"caption {i}" for i in range(48)],
    caption_starts=2 * np.arange(25),
    labels=ROWS % 3,
    attributes=np.stack([ROWS % 4, ROWS % 2], 1),
    ids=[str(i) for i in ROWS],
    info=DatasetInfo(
        "counted",
        "CC0",
        8,
        10,
        classes=("a", "b", "c"),
        attributes=(
            Attribute("kind", ("p", "q", "r", "s")),
            Attribute("side", ("left", "right"), mirrored={"left": "right"}),
        ),
        paired=True,
    ),
)
MELODIES = Melodies(60 + np.arange(24 * 16).reshape(24, 16) % 24, ROWS, np.array([0, 8, 16, 24]))
PICTURES = ("image", "source", "first", "second")
EMBEDDINGS = np.arange(48, dtype="float32")[:, None]


def whole(values):
    """Pictures in [-1, 1] as bytes."""
    return np.rint((values + 1) * 127.5).astype("uint8")


def digest(dataset):
    found = hashlib.sha256()
    for batch in dataset.take(5):
        for name in sorted(batch):
            values = batch[name].numpy()
            values = whole(values) if name in PICTURES else values
            content = repr(values.tolist()) if values.dtype == object else values.tobytes()
            found.update(f"{name} {values.shape} {content!r}".encode())
    return found.hexdigest()[:16]


DATASETS = {
    "captions": lambda **o: captioned_pictures(SPLIT, 6, **o),
    "captions, centre": lambda **o: captioned_pictures(SPLIT, 6, augmentation=STILL, **o),
    "embeddings": lambda **o: captioned_pictures(SPLIT, 6, embeddings=EMBEDDINGS, **o),
    "labels": lambda **o: labelled_pictures(SPLIT, 6, **o),
    "balanced": lambda **o: labelled_pictures(SPLIT, 6, balanced=True, **o),
    "plain": lambda **o: plain_pictures(SPLIT, 6, **o),
    "pairs": lambda **o: paired_pictures(SPLIT, 6, **o),
    "smaller": lambda **o: paired_pictures(SPLIT, 6, Downsample(4), **o),
    "centre": lambda **o: paired_pictures(SPLIT, 6, CentreMask(), **o),
    "holes": lambda **o: paired_pictures(SPLIT, 6, RandomMasks(), **o),
    "unpaired": lambda **o: unpaired_pictures(*(pictures_of(SPLIT, n) for n in "ab"), 6, **o),
    "melodies": lambda **o: melody_bars(MELODIES, 6, forget=0.3, **o),
}
OPTIONS = (
    {},
    {"seed": 4, "start_step": 11},
    {"seed": 1, "num_shards": 3, "shard_index": 1, "prefetch": 1},
)
PINNED = {  # by the OPTIONS
    "captions": ("1869975978e49570", "abb76c62d015b0a2", "524719535d900a2d"),
    "captions, centre": ("ba1c08f36eb02ac5", "123d7c60bfa85fec", "cf97d70638c067b9"),
    "embeddings": ("3ce63be6dfa0a079", "77c1b35b6e312ed3", "b32def0f9117e308"),
    "labels": ("7dad43fc05c9cf71", "ed2544cdddfee368", "c7782efcfe85fcab"),
    "balanced": ("0bbc3e9399da9f94", "011814fa65411504", "d083e02a760e5ef3"),
    "plain": ("37ddd140e720fae4", "f67e775485f8a574", "b459246931737cc1"),
    "pairs": ("6b5976f2683d24f4", "177cad4cfb556b48", "c5337ddbcbe8718a"),
    "smaller": ("4090e43527aaad8e", "d7fc1ae9c197df59", "2727b05e1af763b8"),
    "centre": ("5723bd4f8b0729d1", "32260c934eb64df3", "f0c6c7b7c07e3ed9"),
    "holes": ("89a1f8e8017b54e1", "0faacc8326b1c12b", "ac83b88b73d922f2"),
    "unpaired": ("29080222f2dfd166", "b1771fd113e3f17a", "ddead2d2ed9c5584"),
    "melodies": ("a56ced5d2ce5970d", "820496640088b5ae", "d1f7cd257e05105d"),
}


@pytest.mark.parametrize("name", DATASETS)
def test_batches_are_those_of_before(name):
    assert tuple(digest(DATASETS[name](**options)) for options in OPTIONS) == PINNED[name]


def test_captions_of_before():
    data = caption_batches(np.arange(60).reshape(20, 3), ROWS[:20], 6, seed=4, start_step=2)
    assert digest(data) == "0d70a5fab827af7f"


def test_points_of_before():
    (ring,) = mixture_points(Ring(), 3, seed=2, start_step=5).take(1)
    (grid,) = mixture_points(Grid(), 3, seed=2, start_step=5).take(1)
    on_ring = [[1.418223, -1.442631], [-1.409284, -1.387169], [-1.423129, -1.391763]]
    on_grid = [[1.010024, -1.071042], [-1.987677, -0.932389], [-2.022288, -0.943873]]
    np.testing.assert_allclose(ring["image"], on_ring, atol=1e-5)
    np.testing.assert_allclose(grid["image"], on_grid, atol=1e-5)
