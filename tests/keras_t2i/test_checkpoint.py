"""Checkpoints: whole, checked, three of them; damage falls back to the one before."""

import shutil

import keras
import numpy as np
import pytest

from keras_t2i.pipelines.arrays import Damaged, read_arrays
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training import checkpoint
from keras_t2i.training.tracked_model import TrackedModel


class Model(TrackedModel):
    """Some weights whose value is the step."""

    def __init__(self, size=3):
        super().__init__()
        self.level = keras.Variable(np.zeros(size, "float32"), name="level")
        self.ready(("loss",))

    def trained_parts(self):
        return {"model": Part([self.level, self.step, self.finished])}


class Part:
    def __init__(self, variables):
        self.variables = variables


def at(step):
    model = Model()
    model.step.assign(step)
    model.level.assign(np.full(3, step, "float32"))
    return model


@pytest.fixture
def folder(tmp_path):
    for step in (10, 20, 30, 40):
        checkpoint.save(at(step), tmp_path / "of [a] stage*?")
    return tmp_path / "of [a] stage*?"  # characters that TensorFlow takes for a pattern


def restored(folder):
    model = Model()
    assert checkpoint.restore(model, folder)
    assert model.level.numpy().tolist() == [float(model.step.numpy())] * 3
    return int(model.step.numpy())


def test_the_three_newest_stay_and_the_newest_is_taken(folder):
    assert checkpoint.steps(folder) == [20, 30, 40]
    assert sorted(p.name for p in folder.iterdir()) == [
        "ckpt-20.npz",
        "ckpt-30.npz",
        "ckpt-40.npz",
    ]
    assert restored(folder) == 40


def cut(file):
    file.write_bytes(file.read_bytes()[:-40])


def emptied(file):
    file.write_bytes(b"")


def zeroed(file):
    file.write_bytes(bytes(file.stat().st_size))


def removed(file):
    file.unlink()


@pytest.mark.parametrize("damage", [cut, emptied, zeroed, removed])
def test_a_damaged_state_falls_back_to_the_one_before(damage, folder, capsys):
    damage(checkpoint.file_of(folder, 40))
    assert restored(folder) == 30
    told = capsys.readouterr().err
    assert ("ckpt-40.npz" in told and "Going back to step 30" in told) == (damage is not removed)
    damage(checkpoint.file_of(folder, 30))
    assert restored(folder) == 20
    # Trained on from there, the damaged ones of later steps do not count among the three.
    checkpoint.save(at(25), folder)
    assert checkpoint.steps(folder) == [20, 25]


@pytest.mark.parametrize("bit", [0, 3])
def test_each_flipped_bit_is_seen_or_changes_nothing(bit, folder):
    """Every byte of the archive in turn; some, such as a date, are part of nothing that is read."""
    file, whole = checkpoint.file_of(folder, 40), read_arrays(checkpoint.file_of(folder, 40))
    data, seen = file.read_bytes(), 0
    for place in range(len(data)):
        file.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        try:
            held = read_arrays(file)
        except Damaged:
            seen += 1
            continue
        assert held.keys() == whole.keys()
        for name in whole:
            np.testing.assert_array_equal(held[name], whole[name])
    assert seen > len(data) / 2


def test_without_a_whole_one_the_newest_is_named(folder):
    for step in checkpoint.steps(folder):
        cut(checkpoint.file_of(folder, step))
    with pytest.raises(InputError, match=r"ckpt-40\.npz: damaged"):
        checkpoint.restore(Model(), folder)


def test_a_state_of_another_network_is_refused_and_not_skipped(folder):
    with pytest.raises(InputError, match=r"ckpt-40\.npz: holds another network: its 'model 0000'"):
        checkpoint.restore(Model(size=4), folder)


def test_nothing_there_is_no_state(tmp_path):
    assert not checkpoint.restore(Model(), tmp_path / "none")
    for name in ("ckpt-x.npz", "ckpt-².npz", "ckpt-5.npz.bak"):
        (tmp_path / name).touch()
    assert not checkpoint.restore(Model(), tmp_path)


def test_what_killed_processes_left_goes_with_the_next_state(folder):
    shutil.copy(checkpoint.file_of(folder, 40), folder / ".ckpt-50.partial-999999999.npz")
    checkpoint.save(at(50), folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "ckpt-30.npz",
        "ckpt-40.npz",
        "ckpt-50.npz",
    ]
