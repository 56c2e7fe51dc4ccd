"""Versions at an address: published, refused, withdrawn and caught up with, by any machine."""

import json
import tempfile
from pathlib import Path

import pytest

from keras_t2i.commands.push import Arguments, Evaluation, push
from keras_t2i.delivery import publishing
from keras_t2i.delivery.blessing import Refused
from keras_t2i.exporting import lineage
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.place import Place, Unreachable

TO = Path("memory://bucket/models/birds")
ADDRESS = "memory://bucket/models/birds"


@pytest.fixture
def elsewhere(memory, tmp_path, monkeypatch):
    """A function after which this is a machine that has seen nothing yet."""

    def forget():
        monkeypatch.setenv("KERAS_T2I_CACHE", tempfile.mkdtemp(dir=tmp_path))

    forget()
    return forget


def asked(run=None, **options):
    return Arguments(run, to=TO, evaluation=Evaluation(extractor="random", count=24), **options)


def decisions():
    lines = (Place(TO).read(lineage.FILE) or b"").decode().splitlines()
    return [(each["version"], each["decision"]) for each in map(json.loads, lines)]


def served():
    return sorted(name for name in Place(TO).files() if name.endswith("saved_model.pb"))


def test_any_machine_publishes_refuses_and_rolls_back(one_step, longer, elsewhere):
    assert push(asked(one_step)) == TO / "1"
    elsewhere()
    assert push(asked(longer)) == TO / "2"
    elsewhere()
    with pytest.raises(Refused, match=f"is not published in {ADDRESS}: frechet"):
        push(asked(one_step))
    assert decisions() == [(1, "published"), (2, "published"), (None, "refused")]
    elsewhere()
    assert push(asked(rollback=True)) == TO / "3"
    assert decisions()[-1] == (3, "rolled back")
    assert served() == [f"{number}/saved_model.pb" for number in (1, 2, 3)]
    files = Place(TO).files()
    assert {n.replace("1/", "3/", 1) for n in files if n[:2] == "1/"} <= set(files)
    assert not any("lock" in name for name in files)
    with pytest.raises(InputError, match=f"^{ADDRESS}: version 3 holds the first model"):
        push(asked(rollback=True))


def test_a_rollback_at_a_wrong_address_leaves_nothing_there(tmp_path):
    with pytest.raises(InputError, match=f"--to file://{tmp_path}/none: no such folder"):
        push(Arguments(to=Path(f"file://{tmp_path}/none"), rollback=True))
    assert not list(tmp_path.iterdir())


def test_a_version_whose_line_was_not_sent_gets_it(one_step, elsewhere, monkeypatch):
    put = Place.put

    def cut(self, file, name):
        if name == lineage.FILE:
            raise Unreachable(f"{self.address}: the line is cut.")
        put(self, file, name)

    monkeypatch.setattr(Place, "put", cut)
    with pytest.raises(InputError, match="the line is cut"):
        push(asked(one_step))
    assert (served(), decisions()) == (["1/saved_model.pb"], [])
    monkeypatch.setattr(Place, "put", put)
    elsewhere()
    push(asked(one_step))  # which is served already
    assert decisions() == [(1, "published")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("experiment.json", "is a run or a pretrained model"),
        ("notes/a.txt", "holds other files and no version of a model \\(notes\\)"),
    ],
)
def test_an_address_that_holds_something_else_is_refused_at_once(name, message, elsewhere):
    Place(TO).write(name, b"{}")
    with pytest.raises(InputError, match=f"^--to {ADDRESS} {message}"):
        push(Arguments(Path("none"), to=TO))
    assert Place(TO).files().keys() == {name}


def test_a_refusal_names_addresses_not_folders_here(one_step, labelled_data, elsewhere):
    for folder, address in (
        (one_step, "memory://runs/one"),
        (labelled_data, "memory://data/birds"),
    ):
        for file in folder.rglob("*"):
            if file.is_file():
                Place(address).write(file.relative_to(folder).as_posix(), file.read_bytes())
    with pytest.raises(Refused) as refusal:
        push(asked(Path("memory://runs/one"), data=Path("memory://data/birds")))
    words = str(refusal.value)
    assert words.startswith(f"memory://runs/one is not published in {ADDRESS}: memory://data/birds")


def test_of_two_machines_the_later_one_publishes_nothing(elsewhere):
    def late():
        with publishing.only_publisher(TO) as folder:
            Place(TO).write(lineage.FILE, b'{"version": 7, "decision": "published"}\n')
            (folder / "1").mkdir()
            (folder / "1" / "saved_model.pb").write_bytes(b"late")

    with pytest.raises(InputError, match=f"{ADDRESS}: another machine published there meanwhile"):
        late()
    assert served() == []
    assert decisions() == [(7, "published")]


def test_who_meets_a_machine_that_is_still_sending_mixes_no_version(elsewhere):
    def late():
        with publishing.only_publisher(TO) as folder:
            Place(TO).write("1/variables/variables.index", b"early")  # the lineage goes last
            (folder / "1" / "variables").mkdir(parents=True)
            (folder / "1" / "variables" / "variables.index").write_bytes(b"late")

    with pytest.raises(InputError, match=f"{ADDRESS}: another machine published there meanwhile"):
        late()
    assert Place(TO).read("1/variables/variables.index") == b"early"
