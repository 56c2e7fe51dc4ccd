"""Preparations shard by shard: by processes, killed and begun again, on several machines."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_t2i.pipelines import filling
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.merge import main as merge_main
from keras_t2i.pipelines.merge import merge
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import DatasetInfo, read_split
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.sources.folder import Folder
from keras_t2i.pipelines.sources.item import Item

ROOT = Path(__file__).parents[2]


def content(folder):
    """All files of a folder by their names."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Pictures of which two are broken; the second one is all that its shard of three has."""
    folder = tmp_path_factory.mktemp("shards") / "source"
    folder.mkdir()
    rows = ["file,caption,label,split"]
    for i in range(24):
        Image.new("RGB", (9, 9), (10 * i, i, 0)).save(folder / f"{i:02d}.png")
        rows.append(f"{i:02d}.png,picture {i},{'ab'[i % 2]},{'test' if i >= 21 else 'train'}")
    for broken in ("04", "22"):
        (folder / f"{broken}.png").write_bytes(b"no picture")
    (folder / "captions.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """The data set of the source, prepared in one go."""
    out = tmp_path_factory.mktemp("whole") / "data"
    prepare(Folder(source), out, 8, skip_broken=True, shards=3)
    return out


def test_pictures_left_out_leave_holes_and_the_others_in_order(whole):
    info = DatasetInfo.load(whole)
    assert [line.partition(":")[0][-6:] for line in info.skipped] == ["04.png", "22.png"]
    assert {split: held.pictures for split, held in info.splits.items()} == {"train": 20, "test": 2}
    train, test = read_split(whole, "train"), read_split(whole, "test")
    # The shard of picture 4 is one shorter, so its last one is missed in the last turn.
    numbers = [int(name.partition(".")[0]) for name in train.ids]
    assert sorted(numbers) == [i for i in range(21) if i != 4]
    assert numbers[:4] == [0, 1, 2, 3]
    assert [int(image[0, 0, 0]) for image in train.images] == [10 * i for i in numbers]
    assert train.captions == [f"picture {i}" for i in numbers]
    assert test.ids == ["21.png", "23.png"]


def test_processes_write_the_same_bytes(source, whole, tmp_path):
    prepare(Folder(source), tmp_path / "data", 8, skip_broken=True, shards=3, workers=2)
    assert content(tmp_path / "data") == content(whole)


def test_a_number_of_shards_changes_no_order(tmp_path):
    for shards in (1, 5):
        prepare(Birds(pictures=40), tmp_path / str(shards), 8, shards=shards)
        assert len(list((tmp_path / str(shards)).glob("train-*"))) == shards
    one, five = (read_split(tmp_path / name, "train") for name in "15")
    assert (one.ids, one.captions) == (five.ids, five.captions)
    np.testing.assert_array_equal(one.images, five.images)
    with pytest.raises(InputError, match=r"--shards must be at least 1\. Received: 0"):
        prepare(Birds(), tmp_path / "none", shards=0)


def parts_of(source, folder, count=3, **options):
    parts = [folder / f"part{number}" for number in range(count)]
    for number, part in enumerate(parts):
        prepare(
            Folder(source),
            part,
            8,
            skip_broken=True,
            shards=3,
            shard=f"{number}/{count}",
            **options,
        )
    return parts


def test_parts_of_several_machines_are_one_data_set(source, whole, tmp_path, monkeypatch, capsys):
    parts = parts_of(source, tmp_path, overwrite=True)
    assert sum(len(list(part.glob("*.tfrecord"))) for part in parts) == 6
    with pytest.raises(InputError, match=r"part0 holds a part of a data set only.*merge`"):
        read_split(parts[0], "train")
    words = ["merge", *map(str, reversed(parts)), "--out", str(tmp_path / "data")]
    monkeypatch.setattr(sys, "argv", words)
    merge_main()
    assert content(tmp_path / "data") == content(whole)
    assert "Next: prepare again with --image-size 64" in capsys.readouterr().out


def test_parts_that_make_no_data_set_are_refused(source, tmp_path):
    parts, out = parts_of(source, tmp_path), tmp_path / "data"
    with pytest.raises(InputError, match=r"A part is missing: 1/3\."):
        merge([parts[0], parts[2]], out)
    with pytest.raises(InputError, match="A part is given twice"):
        merge([*parts, parts[1]], out)
    other = tmp_path / "other"
    prepare(Folder(source), other, 16, skip_broken=True, shards=3, shard="1/3")
    with pytest.raises(InputError, match=r"other is of another preparation than .*part0"):
        merge([parts[0], other, parts[2]], out)
    with pytest.raises(InputError, match=r"source is no part of a data set: it has no plan\.json"):
        merge([source], out)
    (shard,) = parts[1].glob("train-*.tfrecord")
    held = shard.read_bytes()
    shard.write_bytes(held[:-1])
    with pytest.raises(InputError, match=rf"{shard.name}: the file is cut short or altered"):
        merge(parts, out)
    shard.unlink()
    with pytest.raises(InputError, match=rf"{shard.name}: the file is missing"):
        merge(parts, out)
    shard.with_suffix(".json").unlink()
    with pytest.raises(InputError, match=rf"{shard.name}: the file is missing"):
        merge(parts, out)
    shard.with_suffix(".json").write_text("{}")
    with pytest.raises(InputError, match=r"\.json: damaged"):
        merge(parts, out)
    assert not out.exists()


@pytest.mark.parametrize("text", ["3/3", "1", "-1/3", "a/b", "0/0"])
def test_a_part_that_there_is_not_is_refused(text, tmp_path):
    with pytest.raises(InputError, match=rf"--shard must be i/n.*Received: {text}"):
        prepare(Birds(), tmp_path / "data", shard=text)


KILLED = """
import os, signal, sys
from dataclasses import dataclass
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources.birds import Birds

class Deadly(Birds):
    def item(self, index, kind, split):
        item = super().item(index, kind, split)
        return item if index != 37 else type(item)(**{**vars(item), "load": die})

def die(side):
    os.kill(os.getpid(), SIGNAL)

signal.signal(signal.SIGINT, signal.default_int_handler)  # nohup would ignore it
prepare(Deadly(pictures=60), sys.argv[1], 8, shards=4)
"""


def killed(out, how=signal.SIGKILL):
    """A preparation that ends at picture 37, in the second shard of four of its split."""
    program = KILLED.replace("SIGNAL", str(int(how)))
    words = [sys.executable, "-c", program, str(out)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_preparation_goes_on_with_what_is_finished(tmp_path, capsys, how):
    out = tmp_path / "data"
    ended = killed(out, how)
    assert ended.returncode != 0
    (left,) = tmp_path.iterdir()
    finished = {note.with_suffix(".tfrecord") for note in left.glob("[!.]*-of-*.json")}
    assert finished
    before = {path.name: path.stat().st_ino for path in finished}
    prepare(Birds(pictures=60), out, 8, shards=4)
    assert f"Going on: {len(finished)} shards are finished." in capsys.readouterr().err
    assert {name: (out / name).stat().st_ino for name in before} == before
    assert list(tmp_path.iterdir()) == [out]
    prepare(Birds(pictures=60), tmp_path / "again", 8, shards=4)
    assert content(out) == content(tmp_path / "again")


def test_what_another_command_left_is_no_beginning(tmp_path, capsys):
    killed(tmp_path / "data")
    prepare(Birds(pictures=61), tmp_path / "data", 8, shards=4)
    assert "Beginning anew" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]
    assert DatasetInfo.load(tmp_path / "data").options["pictures"] == 61


def test_a_finished_shard_that_has_gone_is_written_again(tmp_path):
    killed(tmp_path / "data")
    (left,) = tmp_path.iterdir()
    next(left.glob("*.tfrecord")).unlink()
    info = prepare(Birds(pictures=60), tmp_path / "data", 8, shards=4)
    assert sum(split.pictures for split in info.splits.values()) == 60


def test_an_error_leaves_nothing_even_when_others_are_finished(source, tmp_path):
    with pytest.raises(InputError, match=r"22\.png.*--skip-broken goes on without it"):
        prepare(Folder(source), tmp_path / "data", 8, shards=3)
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Unsendable(Birds):
    """Pictures by a function that no other process can be sent."""

    def item(self, index, kind, split):
        item = super().item(index, kind, split)
        return Item(item.id, item.split, lambda side: item.load(side), item.captions, item.label)


def die(side):
    os.kill(os.getpid(), signal.SIGKILL)


def test_processes_that_cannot_do_their_work_are_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="--workers: what this source yields cannot be sent"):
        prepare(Unsendable(pictures=10), tmp_path / "data", 8, workers=1)
    monkeypatch.setattr(filling, "partial", lambda load, side: die)
    with pytest.raises(InputError, match="--workers: a process was killed"):
        prepare(Birds(pictures=10), tmp_path / "data", 8, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_says_all_that_is_known_beforehand(source, tmp_path):
    (part, *_) = parts_of(source, tmp_path, 1)
    plan = json.loads((part / "plan.json").read_text())
    assert plan["shards"] == {"test": 3, "train": 3}
    assert plan["part"] == [0, 1]
    assert plan["info"]["classes"] == ["a", "b"]


def test_a_note_that_was_being_written_counts_for_nothing(tmp_path, capsys):
    killed(tmp_path / "data")
    (left,) = tmp_path.iterdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    (left / f".train-00002-of-00004.partial-{ended.pid}.json").write_text('{"split"')
    prepare(Birds(pictures=60), tmp_path / "data", 8, shards=4)
    assert "Going on" in capsys.readouterr().err
    prepare(Birds(pictures=60), tmp_path / "again", 8, shards=4)
    assert content(tmp_path / "data") == content(tmp_path / "again")
