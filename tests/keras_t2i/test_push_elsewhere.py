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
