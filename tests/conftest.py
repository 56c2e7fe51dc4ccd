"""Small data for all tests."""

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from filelock import FileLock

from keras_t2i.pipelines.records import Attribute, DatasetInfo, Record, read_split, write_dataset

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 30)}


@pytest.fixture(scope="module", autouse=True)
def swept() -> None:
    """Take what the modules before have left behind out of all later garbage collections.

    Traced graphs are millions of objects after some modules: each full collection took seconds.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pictures for development; tests of them skip without it."""
    root = Path(__file__).parent.parent
    folder = (root / os.environ.get("KERAS_T2I_SHARED", "../shared")).resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"no real pictures: KERAS_T2I_SHARED={folder} has no data/")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Folders that the first test process makes for all; each process gets a copy of its own."""
    base = tmp_path_factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        original, own = common / "made-once" / name, base / "made-once-copies" / name
        original.parent.mkdir(exist_ok=True, parents=True)
        with FileLock(original.with_name(f"{name}.lock")):
            if not original.exists():
                partial = original.with_name(f"{name}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                make(partial)
                partial.rename(original)
        shutil.copytree(original, own)
        return own

    return made


def colour_records(size: int, per_class: int = 12, seed: int = 0):
    """Noisy pictures of one colour, captioned with it; splits train and test."""
    rng = np.random.default_rng(seed)
    for label, (name, colour) in enumerate(COLOURS.items()):
        for i in range(per_class):
            image = np.clip(np.array(colour) + rng.normal(0, 12, (size, size, 3)), 0, 255)
            captions = (f"a {name} picture", f"this is {name}", f"all of it is {name} here")
            split = "test" if i % 6 == 5 else "train"
            record = Record(f"{name}-{i}", image.astype("uint8"), captions, label, (label,))
            yield split, record


@pytest.fixture(scope="session")
def colour_data(tmp_path_factory) -> Path:
    """A prepared data set of three colours: 30 train and 6 test pictures, trained at 16×16."""
    out = tmp_path_factory.mktemp("data") / "colours"
    info = DatasetInfo(
        source="colours",
        licence="CC0",
        image_size=16,
        stored_size=19,
        classes=tuple(COLOURS),
        attributes=(Attribute("colour", tuple(COLOURS)),),
    )
    write_dataset(out, info, colour_records(19))
    return out


@pytest.fixture(scope="session")
def colours(colour_data):
    """The training split of the colours."""
    return read_split(colour_data, "train")


@pytest.fixture(scope="session")
def trained(colour_data, made_once):
    """A finished run of the tiny self-attention GAN."""
    from keras_t2i.tasks.base.fit import fit
    from keras_t2i.training.run import Run
    from tests.tiny_run import tiny

    return Run(made_once("tiny", lambda folder: fit(tiny(), colour_data, Run(folder))))


@pytest.fixture(scope="session")
def one_step(trained, colour_data, made_once) -> Path:
    """A run whose generator has seen one batch: worse than `longer` by any seed."""
    return made_once("one-step", lambda folder: _steps(1, folder, trained, colour_data))


@pytest.fixture(scope="session")
def longer(trained, colour_data, made_once) -> Path:
    """A run of 120 steps."""
    return made_once("longer", lambda folder: _steps(120, folder, trained, colour_data))


def _steps(count, folder, trained, data):
    from keras_t2i.tasks.base.fit import fit
    from keras_t2i.training.run import Run
    from tests.tiny_run import tiny

    fit(tiny(pairs=8 * count, sample_every=count), data, Run(folder), reuse=trained)


@pytest.fixture(scope="session")
def exported(trained, made_once) -> Path:
    """Its exported model: the first version."""
    from keras_t2i.commands.export import export

    return made_once("tiny-model", lambda folder: export(trained, folder)) / "1"


@pytest.fixture(scope="session")
def labelled_data(tmp_path_factory) -> Path:
    """Labelled pictures: 48 train and 12 test, trained at 16×16 (`tests.tiny_labels`)."""
    from tests.tiny_labels import write_labelled

    out = tmp_path_factory.mktemp("data") / "sides"
    write_labelled(out)
    return out


@pytest.fixture(scope="session")
def trained_labels(labelled_data, made_once):
    """A finished run of the tiny PSC-GAN."""
    from keras_t2i.tasks.base.fit import fit
    from keras_t2i.training.run import Run
    from tests.tiny_labels import tiny_labels

    made = made_once("tiny-labels", lambda folder: fit(tiny_labels(), labelled_data, Run(folder)))
    return Run(made)


@pytest.fixture(scope="session")
def exported_labels(trained_labels, made_once) -> Path:
    """Its exported model: the first version."""
    from keras_t2i.commands.export import export

    return made_once("tiny-labels-model", lambda folder: export(trained_labels, folder)) / "1"


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """An empty file system in this process, and an empty cache."""
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.fixture
def undetermined():
    """Other tests ask for deterministic operations, for which Keras never compiles with XLA."""
    from tensorflow.python.framework import config

    was = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    yield
    if was:
        config.enable_op_determinism()
