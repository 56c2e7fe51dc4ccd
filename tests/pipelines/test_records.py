import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keras_t2i.pipelines import data_folder, decoding, record_reader, verified
from keras_t2i.pipelines.data_folder import sha256_of
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import Record, read_split, write_dataset

ROOT = Path(__file__).parents[2]
SIDE = 9
INFO = DatasetInfo("noise", "CC0", image_size=8, stored_size=SIDE, classes=("a", "b"))


def noise_records(count, split="train", first=0):
    for i in range(first, first + count):
        image = np.random.default_rng(i).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        captions = tuple(f"picture {i} caption {c} ü" for c in range(1 + i % 3))
        yield split, Record(f"id{i}", image, captions, label=i % 2)


@pytest.mark.parametrize("count", [1, 7, 8, 21])
def test_what_is_written_is_read_in_order(tmp_path, count):
    info = write_dataset(tmp_path / "data", INFO, noise_records(count))
    assert len(info.splits["train"].shards) == min(8, count)
    assert DatasetInfo.load(tmp_path / "data") == info
    split = read_split(tmp_path / "data", "train")
    wanted = [record for _, record in noise_records(count)]
    np.testing.assert_array_equal(split.images, [record.image for record in wanted])
    assert split.ids == [record.id for record in wanted]
    assert split.labels.tolist() == [record.label for record in wanted]
    assert split.attributes.shape == (count, 0)
    for i, record in enumerate(wanted):
        start, end = split.caption_starts[i : i + 2]
        assert tuple(split.captions[start:end]) == record.captions


def test_same_records_have_the_same_checksum(tmp_path):
    first = write_dataset(tmp_path / "a", INFO, noise_records(10))
    again = write_dataset(tmp_path / "b", INFO, noise_records(10))
    other = write_dataset(tmp_path / "c", INFO, noise_records(10, first=1))
    assert first.checksum == again.checksum != other.checksum


def test_large_split_is_mapped_from_a_file_decoded_once(tmp_path):
    write_dataset(tmp_path / "data", INFO, noise_records(20))
    in_memory = read_split(tmp_path / "data", "train").images
    assert not isinstance(in_memory, np.memmap)
    (tmp_path / "data" / ".decoded").mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    checksum = DatasetInfo.load(tmp_path / "data").checksum
    left = f".train-{checksum[:8]}.partial-{ended.pid}.npy"
    (tmp_path / "data" / ".decoded" / left).touch()  # by a process that was killed
    for _ in range(2):
        mapped = read_split(tmp_path / "data", "train", most_bytes=250)
        assert isinstance(mapped.images, np.memmap)
        np.testing.assert_array_equal(mapped.images, in_memory)
        assert len(mapped.ids) == 20
    names = {file.name for file in (tmp_path / "data" / ".decoded").iterdir()}
    assert names == {f"train-{checksum[:8]}.npy", f"train-{checksum[:8]}.npz"}


def same(split, other):
    assert (split.captions, split.ids, split.info) == (other.captions, other.ids, other.info)
    for name in ("images", "caption_starts", "labels", "attributes"):
        np.testing.assert_array_equal(getattr(split, name), getattr(other, name))


def test_what_was_decoded_is_read_without_the_shards(tmp_path, monkeypatch):
    write_dataset(tmp_path / "data", INFO, noise_records(20))
    small = read_split(tmp_path / "data", "train")
    assert not (tmp_path / "data" / ".decoded").exists()
    monkeypatch.setattr(decoding, "_QUICK", 250)
    first = read_split(tmp_path / "data", "train")
    monkeypatch.setattr(record_reader._Records, "_drawn", None)
    again = read_split(tmp_path / "data", "train")
    for split in (first, again):
        assert not isinstance(split.images, np.memmap)  # it fits into memory
        same(split, small)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("damage", [lambda f: f.write_bytes(f.read_bytes()[:-30]), os.unlink])
def test_what_was_decoded_in_part_is_decoded_again(tmp_path, suffix, damage):
    write_dataset(tmp_path / "data", INFO, noise_records(20))
    whole = read_split(tmp_path / "data", "train")
    read_split(tmp_path / "data", "train", most_bytes=250)
    (file,) = (tmp_path / "data" / ".decoded").glob(f"*.{suffix}")
    damage(file)
    same(read_split(tmp_path / "data", "train", most_bytes=250), whole)


def test_where_nothing_can_be_written_pictures_are_decoded_into_memory(tmp_path, monkeypatch):
    write_dataset(tmp_path / "data", INFO, noise_records(20))
    monkeypatch.setattr(decoding, "_QUICK", 250)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert len(read_split(tmp_path / "data", "train").images) == 20
    assert not (tmp_path / "data" / ".decoded").exists()


def test_shards_are_verified_once_and_again_when_they_change(tmp_path, monkeypatch):
    monkeypatch.setattr(verified, "_LARGE", 0)
    info = write_dataset(tmp_path / "data", INFO, noise_records(20))
    summed = []
    monkeypatch.setattr(
        data_folder, "sha256_of", lambda path: summed.append(path.name) or sha256_of(path)
    )
    for _ in range(2):
        read_split(tmp_path / "data", "train")
    assert sorted(summed) == sorted(info.splits["train"].shards)
    shard = tmp_path / "data" / "train-00000-of-00008.tfrecord"
    os.utime(shard)
    read_split(tmp_path / "data", "train")
    assert len(summed) == 16
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(InputError, match="cut short or altered"):
        read_split(tmp_path / "data", "train")
    shard.unlink()
    with pytest.raises(InputError, match=r"train-00000-of-00008\.tfrecord.*missing"):
        read_split(tmp_path / "data", "train")


def test_pipelines_make_no_copy_of_the_pictures():
    """In a process of its own: the memory of one that has run other tests says little."""
    program = """
import numpy as np
from keras_t2i.pipelines.plain import plain_pictures
from keras_t2i.pipelines.records import DatasetInfo, Split

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

N = 20000
images = np.full((N, 76, 76, 3), 7, np.uint8)
split = Split(images, [], np.zeros(N + 1, int), np.full(N, -1), np.zeros((N, 0), int), [],
              DatasetInfo("grey", "none", 64, 76))
next(iter(plain_pictures(split.__class__(**{**vars(split), "images": images[:64]}), 64)))
before = resident()
batches = [iter(plain_pictures(split, 64)) for _ in range(2)]
for each in batches:
    next(each)
print((resident() - before) / images.nbytes)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.3


def test_failure_leaves_nothing(tmp_path):
    def failing():
        yield from noise_records(5)
        raise InputError("broken picture")

    with pytest.raises(InputError, match="broken picture"):
        write_dataset(tmp_path / "data", INFO, failing())
    assert list(tmp_path.iterdir()) == []


def test_no_records_are_an_error(tmp_path):
    with pytest.raises(InputError, match="no pictures are left"):
        write_dataset(tmp_path / "data", INFO, [])
    assert list(tmp_path.iterdir()) == []


def test_existing_data_is_replaced_only_on_demand(tmp_path):
    out = tmp_path / "data"
    write_dataset(out, INFO, noise_records(3))
    with pytest.raises(InputError, match="overwrite"):
        write_dataset(out, INFO, noise_records(5))
    write_dataset(out, INFO, noise_records(5), overwrite=True)
    assert len(read_split(out, "train").ids) == 5
    assert list(tmp_path.iterdir()) == [out]


def test_foreign_folder_is_never_replaced(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        write_dataset(tmp_path, INFO, noise_records(3), overwrite=True)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_rests_of_dead_processes_go_and_those_of_living_ones_are_waited_for(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = tmp_path / f".data.partial-{ended.pid}"
    living = tmp_path / f".data.partial-{os.getppid()}"
    dead.mkdir()
    living.mkdir()
    with pytest.raises(InputError, match=rf"process {os.getppid()} is writing this folder"):
        write_dataset(tmp_path / "data", INFO, noise_records(2))
    assert not dead.exists()
    living.rmdir()
    write_dataset(tmp_path / "data", INFO, noise_records(2))


def test_data_set_aside_by_a_killed_overwrite_comes_back(tmp_path):
    write_dataset(tmp_path / "data", INFO, noise_records(3))
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / "data").rename(tmp_path / f".data.replaced-{ended.pid}")
    with pytest.raises(InputError, match="overwrite"):
        write_dataset(tmp_path / "data", INFO, noise_records(5))
    assert len(read_split(tmp_path / "data", "train").ids) == 3


def test_damaged_data_is_named(tmp_path):
    out = tmp_path / "data"
    write_dataset(out, INFO, noise_records(3))
    with pytest.raises(InputError, match=r"no split 'test'\. It has: train"):
        read_split(out, "test")
    shard = out / "train-00001-of-00003.tfrecord"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-10])
    with pytest.raises(InputError, match=r"train-00001-of-00003\.tfrecord.*cut short"):
        read_split(out, "train")
    shard.unlink()
    with pytest.raises(InputError, match=r"train-00001-of-00003\.tfrecord.*missing"):
        read_split(out, "train")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{oops", "not readable as JSON"),
        ("[]", "format_version must be 1"),
        (json.dumps({**INFO.to_json(), "format_version": 2}), "Received: 2"),
        (json.dumps({"format_version": 1}), "a field is missing"),
    ],
)
def test_damaged_description_is_named(tmp_path, text, message):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(InputError, match=message):
        DatasetInfo.load(tmp_path)


def test_missing_data_is_named(tmp_path):
    with pytest.raises(InputError, match="no such data folder"):
        read_split(tmp_path / "missing", "train")
    with pytest.raises(InputError, match=r"no dataset\.json"):
        read_split(tmp_path, "train")


def test_description_survives_json(tmp_path):
    info = replace(INFO, options={"seed": 3}, skipped=("a.jpg: broken",))
    written = write_dataset(tmp_path / "data", info, noise_records(2))
    assert DatasetInfo.load(tmp_path / "data") == written
    assert written.skipped == ("a.jpg: broken",)
