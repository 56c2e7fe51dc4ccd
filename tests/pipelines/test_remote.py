"""Data sets on other file systems, here those of fsspec that need no other machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.remote.address import address_of, is_address, named
from keras_t2i.pipelines.remote.data import located, origin
from keras_t2i.pipelines.remote.mirror import Mirror
from keras_t2i.pipelines.remote.output import written
from keras_t2i.pipelines.remote.place import Place, Unreachable
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.writable import require_file, require_folder


def put(system, folder, address):
    for file in folder.rglob("*"):
        if file.is_file():
            system.pipe_file(f"{address}/{file.relative_to(folder)}", file.read_bytes())


@pytest.fixture(scope="session")
def birds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("birds") / "birds"
    prepare(Birds(pictures=30), folder, image_size=16, shards=2)
    return folder


@pytest.mark.parametrize(
    ("written_as", "address"),
    [
        ("gs://bucket/data/birds", "gs://bucket/data/birds"),
        ("s3://bucket/data/", "s3://bucket/data"),
        ("file:///disk/data", "file:///disk/data"),
        ("memory://a b/c", "memory://a b/c"),
    ],
)
def test_an_address_stays_one_as_a_path(written_as, address):
    for where in (written_as, Path(written_as)):
        assert is_address(where)
        assert address_of(where) == address
        assert named(where) == address


@pytest.mark.parametrize("written_as", ["gs://", "memory://", "file:///", "s3:"])
def test_an_address_of_nothing_is_refused_and_no_folder_here(written_as):
    for where in (written_as, Path(written_as)):
        assert is_address(where)
        with pytest.raises(InputError, match="must name a bucket or a folder"):
            Place(where)


@pytest.mark.parametrize("path", ["data/birds", "/data/birds", "C:/data", "c:\\data", "a:b", "x"])
def test_paths_are_no_addresses(path):
    assert not is_address(path)
    assert not is_address(Path(path))
    assert named(Path(path)) == str(Path(path))


def test_what_cannot_be_reached_is_one_line(memory, tmp_path):
    with pytest.raises(InputError, match=r"what://b: the scheme must be one that fsspec knows"):
        Place("what://b")
    with pytest.raises(Unreachable, match=r"memory://b/c is not there"):
        Place("memory://b").get("c", tmp_path / "c")
    with pytest.raises(InputError, match=r"'\.\./c' lies outside"):
        Place("memory://b").read("../c")


def test_a_package_that_is_missing_is_named(memory, monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(InputError, match=r"gs://b/c: a package is missing .*keras-t2i\[gcs\]"):
        Place("gs://b/c")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r"memory://b: .*pip install 'keras-t2i\[remote\]'"):
        Place("memory://b")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PermissionError("403: Forbidden\nmore"), r"memory://b/c: no right to it \(403: Forbidden"),
        (RuntimeError("no token\nmore"), r"memory://b/c: RuntimeError: no token\.$"),
    ],
)  # fmt: skip
def test_no_login_is_one_line(error, line, memory, monkeypatch):
    def refuse(self, path, **kwargs):
        raise error

    monkeypatch.setattr(type(memory), "cat_file", refuse)
    with pytest.raises(Unreachable, match=line):
        Place("memory://b").read("c")


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_a_place_is_written_and_read(scheme, memory, tmp_path):
    place = Place(f"{scheme}://{tmp_path}/new/place")
    assert place.files() == {}
    assert place.read("a") is None
    place.check_writable()
    assert place.files() == {}
    file = tmp_path / "file"
    file.write_bytes(b"one")
    place.put(file, "below/further/a")
    place.write("b", b"two")
    before = place.files()
    assert before.keys() == {"below/further/a", "b"}
    assert place.read("below/further/a") == b"one"
    file.write_bytes(b"another")
    place.put(file, "below/further/a")
    after = place.files()
    assert after["b"] == before["b"]
    assert after["below/further/a"] != before["below/further/a"]
    place.remove("b")
    place.remove("b")  # is gone already
    assert place.files().keys() == {"below/further/a"}


def test_a_file_that_is_half_copied_has_not_its_name_yet(tmp_path, monkeypatch):
    place, file = Place(f"file://{tmp_path}/place"), tmp_path / "file"
    file.write_bytes(b"old")
    place.put(file, "a")
    system = type(fsspec.filesystem("file"))

    def half(self, source, target, **kwargs):
        Path(target).write_bytes(b"ha")
        raise ConnectionError("the line is cut")

    monkeypatch.setattr(system, "put_file", half)
    with pytest.raises(Unreachable, match="the line is cut"):
        place.put(file, "a")
    assert place.read("a") == b"old"
    assert place.files().keys() == {"a"}


# Data.


def test_data_are_fetched_once_and_whole(memory, birds, monkeypatch):
    put(memory, birds, "/bucket/birds")
    folder = located(Path("memory://bucket/birds"))
    assert folder.name == "birds"
    assert read_split(folder, "train").captions == read_split(birds, "train").captions
    assert origin(folder) == "memory://bucket/birds"
    assert origin(birds) == str(birds.resolve())
    monkeypatch.setattr(Place, "get", lambda *words: pytest.fail("fetched again"))
    assert located(Path("memory://bucket/birds")) == folder
    assert located(birds) == birds


def test_a_fetch_that_was_interrupted_goes_on(memory, birds, monkeypatch):
    put(memory, birds, "/bucket/birds")
    get, fetched = Place.get, []

    def third_fails(self, name, file):
        if len(fetched) == 3:
            raise Unreachable("the line is cut")
        fetched.append(name)
        get(self, name, file)

    monkeypatch.setattr("keras_t2i.pipelines.remote.data._AT_ONCE", 1)
    monkeypatch.setattr(Place, "get", third_fails)
    with pytest.raises(InputError, match="the line is cut"):
        located(Path("memory://bucket/birds"))
    first = list(fetched)
    monkeypatch.setattr(Place, "get", lambda *words: (fetched.append(words[1]), get(*words)))
    located(Path("memory://bucket/birds"))
    shards = [n for split in DatasetInfo.load(birds).splits.values() for n in split.shards]
    assert sorted(fetched) == sorted(shards)
    assert len(first) == 3


def test_altered_data_are_other_data(memory, birds, tmp_path):
    put(memory, birds, "/bucket/birds")
    first = located(Path("memory://bucket/birds"))
    other = tmp_path / "other"
    prepare(Birds(pictures=30, seed=5), other, image_size=16, shards=2)
    put(memory, other, "/bucket/birds")
    second = located(Path("memory://bucket/birds"))
    assert first != second
    assert DatasetInfo.load(second).checksum == DatasetInfo.load(other).checksum


def test_a_damaged_file_is_named_and_not_kept(memory, birds):
    put(memory, birds, "/bucket/birds")
    (name, *_) = DatasetInfo.load(birds).splits["train"].shards
    whole = memory.cat_file(f"/bucket/birds/{name}")
    memory.pipe_file(f"/bucket/birds/{name}", whole[:-1])
    for _ in range(2):
        with pytest.raises(InputError, match=rf"memory://bucket/birds/{name}: .*cut short"):
            located(Path("memory://bucket/birds"))
    memory.pipe_file(f"/bucket/birds/{name}", whole)
    assert (located(Path("memory://bucket/birds")) / name).read_bytes() == whole


def test_a_file_that_leads_out_of_the_folder_is_not_fetched(memory, birds, tmp_path):
    put(memory, birds, "/bucket/birds")
    held = json.loads(memory.cat_file("/bucket/birds/dataset.json"))
    held["splits"]["train"]["shards"]["../../out"] = "0" * 64
    memory.pipe_file("/bucket/birds/dataset.json", json.dumps(held).encode())
    with pytest.raises(InputError, match=r"'\.\./\.\./out' lies outside"):
        located(Path("memory://bucket/birds"))


def test_a_place_without_data_says_so(memory):
    with pytest.raises(InputError, match=r"memory://bucket/none holds no prepared data set"):
        located(Path("memory://bucket/none"))
    memory.pipe_file("/bucket/part/plan.json", b"{}")
    with pytest.raises(InputError, match="a part of a data set only"):
        located(Path("memory://bucket/part"))
    memory.pipe_file("/bucket/odd/dataset.json", b"{}")
    with pytest.raises(InputError, match=r"memory://bucket/odd/dataset\.json: format_version"):
        located(Path("memory://bucket/odd"))


def prepared_to(address, overwrite=False, **options):
    with written(Path(address), overwrite) as out:
        return prepare(Birds(pictures=30, **options), out, image_size=16, shards=2)


def test_data_are_written_their_description_last(memory, birds, monkeypatch):
    sent, send = [], Place.put
    monkeypatch.setattr(Place, "put", lambda *words: (sent.append(words[2]), send(*words)))
    info = prepared_to("memory://bucket/birds")
    assert sent[-1] == "dataset.json"
    assert Place("memory://bucket/birds").files().keys() == {path.name for path in birds.iterdir()}
    monkeypatch.setattr(Place, "get", lambda *words: pytest.fail("it is here already"))
    assert DatasetInfo.load(located(Path("memory://bucket/birds"))) == info


def test_data_that_are_there_are_replaced_if_asked_and_never_half(memory, monkeypatch):
    prepared_to("memory://bucket/birds")
    memory.pipe_file("/bucket/birds/mine.txt", b"mine")
    with pytest.raises(InputError, match="is there already; --overwrite"):
        prepared_to("memory://bucket/birds")
    send = Place.put

    def second_fails(self, file, name):
        if name != first:
            raise Unreachable("the line is cut")
        send(self, file, name)

    (first, *_) = DatasetInfo.load(located(Path("memory://bucket/birds"))).splits["test"].shards
    monkeypatch.setattr(Place, "put", second_fails)
    with pytest.raises(InputError, match="the line is cut"):
        prepared_to("memory://bucket/birds", overwrite=True, seed=7)
    with pytest.raises(InputError, match="no prepared data set"):
        located(Path("memory://bucket/birds"))
    monkeypatch.setattr(Place, "put", send)
    info = prepared_to("memory://bucket/birds", seed=7)
    assert DatasetInfo.load(located(Path("memory://bucket/birds"))).checksum == info.checksum
    assert memory.cat_file("/bucket/birds/mine.txt") == b"mine"


def test_shards_of_the_data_set_before_go(memory):
    with written(Path("memory://bucket/birds")) as out:
        prepare(Birds(pictures=30), out, image_size=16, shards=4)
    info = prepared_to("memory://bucket/birds", overwrite=True)
    shards = {n for split in info.splits.values() for n in split.shards}
    assert Place("memory://bucket/birds").files().keys() == {*shards, "dataset.json"}


def test_what_writes_to_folders_alone_refuses_an_address(memory):
    for require in (require_folder, require_file):
        with pytest.raises(InputError, match=r"--to gs:/b/c: .* a folder of this machine only"):
            require(Path("gs://b/c"), "--to")
    with (
        pytest.raises(InputError, match="--shard writes to folders"),
        written(Path("memory://b"), part="0/2"),
    ):
        pytest.fail("must not begin")


def test_the_command_prepares_to_an_address(tmp_path):
    words = ["-m", "keras_t2i.pipelines.prepare", "birds", "--pictures", "30", "--image-size", "16"]
    env = {**os.environ, "KERAS_T2I_CACHE": str(tmp_path / "cache")}
    out = f"file://{tmp_path}/bucket/birds"

    def run():
        return subprocess.run(
            [sys.executable, *words, "--out", out], env=env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    done = run()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bucket" / "birds" / "dataset.json").exists()
    again = run()
    assert again.returncode == 2
    assert again.stderr == f"error: {out}: a data set is there already; --overwrite replaces it.\n"


# Mirrors.


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(folder, **texts):
    for number, (name, text) in enumerate(texts.items()):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, ns=(number * 10**9, number * 10**9))  # one after the other


def test_a_mirror_goes_both_ways_and_copies_what_has_changed(memory, tmp_path, monkeypatch):
    here, there = tmp_path / "one" / "run", tmp_path / "two" / "run"
    one = Mirror(Place("memory://b/run"), here, left_out=("lock",))
    two = Mirror(Place("memory://b/run"), there, left_out=("lock",))
    write(here, **{"last": "1", "sub/first": "2", "lock": "mine", ".a.partial-1-x.npz": "half"})
    one.send()
    assert two.fetch() == 2
    assert content(there) == {"last": "1", "sub/first": "2"}
    moved = []
    for name in ("put", "get", "remove"):
        call = getattr(Place, name)
        monkeypatch.setattr(
            Place, name, lambda *words, call=call, name=name: (moved.append(name), call(*words))
        )
    one.send()
    two.fetch()
    assert moved == []
    (here / "last").write_text("changed")
    (here / "sub" / "first").unlink()
    one.send()
    assert moved == ["put", "remove"]
    two.fetch()
    assert moved == ["put", "remove", "get"]
    assert content(there) == {"last": "changed"}
    assert not (there / "sub").exists()
    assert (here / "lock").exists()


def test_what_others_add_stays(memory, tmp_path):
    mirror = Mirror(Place("memory://b/run"), tmp_path / "run")
    write(tmp_path / "run", a="1")
    mirror.send()
    memory.pipe_file("/b/run/evaluation/scores", b"theirs")
    write(tmp_path / "run", a="22")
    mirror.send()
    assert Place("memory://b/run").files().keys() == {"a", "evaluation/scores"}


def test_files_are_sent_in_the_order_in_which_they_were_written(memory, tmp_path, monkeypatch):
    mirror = Mirror(Place("memory://b/run"), tmp_path / "run")
    write(tmp_path / "run", z="first", m="second", saved_model="third", a="fourth")
    send, sent = Place.put, []
    monkeypatch.setattr(Place, "put", lambda *words: (sent.append(words[2]), send(*words)))
    mirror.send(last=("saved_model",))
    assert sent == ["z", "m", "a", "saved_model"]


def test_a_mirror_that_was_cut_goes_on(memory, tmp_path, monkeypatch):
    mirror = Mirror(Place("memory://b/run"), tmp_path / "run")
    write(tmp_path / "run", a="1", b="2", c="3")
    send, sent = Place.put, []

    def second_fails(self, file, name):
        sent.append(name)
        if len(sent) == 2:
            raise Unreachable("the line is cut")
        send(self, file, name)

    monkeypatch.setattr(Place, "put", second_fails)
    with pytest.raises(Unreachable):
        mirror.send()
    assert Place("memory://b/run").files().keys() == {"a"}
    Mirror(Place("memory://b/run"), tmp_path / "run").send()
    assert sent == ["a", "b", "b", "c"]
    assert Mirror(Place("memory://b/run"), tmp_path / "other").fetch() == 3


def test_a_file_that_goes_while_it_is_fetched_is_left(memory, tmp_path, monkeypatch):
    for name in ("a", "b"):
        memory.pipe_file(f"/b/run/{name}", name.encode())
    get = Place.get

    def gone(self, name, file):
        if name == "a":
            memory.rm_file("/b/run/a")
        get(self, name, file)

    monkeypatch.setattr(Place, "get", gone)
    Mirror(Place("memory://b/run"), tmp_path / "run").fetch()
    assert content(tmp_path / "run") == {"b": "b"}
