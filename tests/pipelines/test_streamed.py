"""Pictures that stay in their shards: the same rows and batches as in memory."""

import os
from dataclasses import replace

import numpy as np
import pytest

from keras_t2i.pipelines import decoding, record_reader
from keras_t2i.pipelines.captions import captioned_pictures
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.held import RowsOf
from keras_t2i.pipelines.paired import paired_pictures
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources.bird_maps import BirdMaps
from keras_t2i.pipelines.streamed import StreamedPictures


def streamed(data, split="train"):
    return read_split(data, split, most_bytes=0, most_on_disk=0)


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    """Pairs of pictures in shards of unequal length."""
    out = tmp_path_factory.mktemp("maps") / "data"
    prepare(BirdMaps(20), out, 16, shards=5)
    return out


def test_rows_are_those_in_memory(colour_data, colours, capfd):
    found = streamed(colour_data)
    assert "are decoded as they are drawn" in capfd.readouterr().err
    images, wanted = found.images, colours.images
    assert isinstance(images, StreamedPictures)
    assert (images.shape, images.dtype, len(images)) == (wanted.shape, wanted.dtype, len(wanted))
    mask = np.arange(len(wanted)) % 4 == 1
    for rows in (7, -1, slice(None), slice(3, 9), np.array([5, 0, 5]), mask, slice(0, 0)):
        np.testing.assert_array_equal(images[rows], wanted[rows])
    np.testing.assert_array_equal(RowsOf(images, mask)[2:5], wanted[mask][2:5])
    with pytest.raises(IndexError):
        images[len(wanted)]
    assert (found.captions, found.ids) == (colours.captions, colours.ids)
    assert not list((colour_data / ".decoded").glob("*.npy"))


@pytest.mark.parametrize("options", [{}, {"start_step": 5}, {"num_shards": 2, "shard_index": 1}])
def test_batches_are_bit_equal_to_those_in_memory(colour_data, colours, options):
    both = (
        captioned_pictures(one, 8, seed=3, **options) for one in (streamed(colour_data), colours)
    )
    for batch, wanted in zip(*(one.take(6).as_numpy_iterator() for one in both), strict=True):
        for name in wanted:
            np.testing.assert_array_equal(batch[name], wanted[name])


def test_pairs_are_bit_equal_to_those_in_memory(maps):
    both = [paired_pictures(one, 4, seed=1) for one in (streamed(maps), read_split(maps, "train"))]
    for batch, wanted in zip(*(one.take(5).as_numpy_iterator() for one in both), strict=True):
        np.testing.assert_array_equal(batch["source"], wanted["source"])
        np.testing.assert_array_equal(batch["image"], wanted["image"])


def test_places_are_kept_and_found_again_when_they_are_damaged(maps, monkeypatch):
    wanted = streamed(maps).given[:]
    (index,) = (maps / ".decoded").glob("train-*.places.npz")
    with monkeypatch.context() as patch:
        patch.setattr(record_reader._Records, "_drawn", None)  # the shards are not read again
        np.testing.assert_array_equal(streamed(maps).given[:], wanted)
    index.write_bytes(index.read_bytes()[:-40])
    np.testing.assert_array_equal(streamed(maps).given[:], wanted)


def test_a_folder_that_cannot_be_written_in_is_streamed(maps, monkeypatch):
    for file in (maps / ".decoded").iterdir():
        file.unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    found = read_split(maps, "train", most_bytes=0)
    assert isinstance(found.images, StreamedPictures)
    assert not list((maps / ".decoded").iterdir())


def test_who_decodes_into_a_file_is_decided_by_the_room(maps, monkeypatch):
    size = int(np.prod(read_split(maps, "train").images.shape)) * 2  # both pictures of a pair
    monkeypatch.setenv(decoding.VARIABLE, str(size - 1))
    assert isinstance(read_split(maps, "train", most_bytes=0).images, StreamedPictures)
    monkeypatch.setenv(decoding.VARIABLE, str(size))
    assert isinstance(read_split(maps, "train", most_bytes=0).images, np.memmap)
    # What has been decoded is used.
    assert isinstance(streamed(maps).images, np.memmap)
    monkeypatch.setenv(decoding.VARIABLE, "12 GB")
    with pytest.raises(InputError, match=r"whole number of bytes\. Received: '12 GB'"):
        read_split(maps, "test", most_bytes=0)


def test_without_a_word_half_of_the_free_disk_is_taken(maps, tmp_path, monkeypatch):
    usage = decoding.shutil.disk_usage(maps)
    monkeypatch.setattr(decoding.shutil, "disk_usage", lambda path: usage._replace(free=999))
    file = tmp_path / ".decoded" / "train.npy"
    assert decoding.fits_on_disk(file, 499, None)
    assert not decoding.fits_on_disk(file, 500, None)


def test_a_training_is_the_same_streamed_and_in_memory(colour_data, monkeypatch, tmp_path):
    from keras_t2i.tasks.base.fit import fit
    from keras_t2i.training.run import Run
    from tests.tiny_run import tiny

    experiment = replace(tiny(), deterministic=True)
    fit(experiment, colour_data, Run(tmp_path / "memory"))
    monkeypatch.setenv(decoding.VARIABLE, "0")
    monkeypatch.setattr(record_reader, "most_in_memory", lambda most: 0)
    fit(experiment, colour_data, Run(tmp_path / "streamed"))
    states = [
        sorted((tmp_path / name).glob("*/checkpoints/*.npz")) for name in ("memory", "streamed")
    ]
    assert len(states[0]) == len(states[1]) > 1
    for one, other in zip(*states, strict=True):
        held, again = np.load(one), np.load(other)
        for name in held.files:
            assert held[name].tobytes() == again[name].tobytes(), name
