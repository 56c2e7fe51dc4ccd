"""Preparations by the workers of Apache Beam: the same bytes as those of one process."""

import importlib.util

import pytest
from PIL import Image

from keras_t2i.pipelines import filling
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.sources.folder import Folder

INSTALLED = importlib.util.find_spec("apache_beam") is not None
beam = pytest.mark.skipif(not INSTALLED, reason="Apache Beam, the extra `beam`, is not installed")


@pytest.fixture
def source(tmp_path):
    """Pictures of which two are broken, in two splits."""
    folder = tmp_path / "source"
    folder.mkdir()
    rows = ["file,caption,split"]
    for i in range(16):
        Image.new("RGB", (9, 9), (10 * i, i, 0)).save(folder / f"{i:02d}.png")
        rows.append(f"{i:02d}.png,picture {i},{'test' if i >= 12 else 'train'}")
    for broken in ("04", "13"):
        (folder / f"{broken}.png").write_bytes(b"no picture")
    (folder / "captions.csv").write_text("\n".join(rows))
    return Folder(folder)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@beam
def test_the_direct_runner_writes_the_same_bytes(source, tmp_path):
    prepare(source, tmp_path / "alone", 8, skip_broken=True, shards=3)
    prepare(source, tmp_path / "beam", 8, skip_broken=True, shards=3, runner="direct")
    assert content(tmp_path / "beam") == content(tmp_path / "alone")


@beam
def test_processes_of_the_direct_runner_write_the_same_bytes(tmp_path):
    options = "--direct_num_workers=2 --direct_running_mode=multi_processing"
    prepare(Birds(30), tmp_path / "alone", 8, shards=2)
    prepare(Birds(30), tmp_path / "beam", 8, shards=2, runner="direct", runner_options=options)
    assert content(tmp_path / "beam") == content(tmp_path / "alone")


@beam
def test_parts_go_on_with_what_is_finished(source, tmp_path, monkeypatch, capsys):
    prepare(source, tmp_path / "alone", 8, skip_broken=True, shards=3)
    write = filling._write

    def stopped(folder, plan, unit, loaded, tell):
        if unit.name == "train-00001-of-00003.tfrecord":
            raise KeyboardInterrupt
        write(folder, plan, unit, loaded, tell)

    with monkeypatch.context() as patch:
        patch.setattr(filling, "_write", stopped)
        with pytest.raises(KeyboardInterrupt):
            prepare(source, tmp_path / "beam", 8, skip_broken=True, shards=3)
    prepare(source, tmp_path / "beam", 8, skip_broken=True, shards=3, runner="direct")
    assert "Going on: 4 shards are finished." in capsys.readouterr().err
    assert content(tmp_path / "beam") == content(tmp_path / "alone")


@beam
def test_a_broken_picture_stops_it_with_its_name(source, tmp_path):
    with pytest.raises(InputError, match=r"13\.png.*--skip-broken goes on without it"):
        prepare(source, tmp_path / "beam", 8, shards=3, runner="direct")
    assert not (tmp_path / "beam").exists()
    assert not list(tmp_path.glob(".beam.*"))


@beam
@pytest.mark.parametrize(
    ("runner", "options"), [("nobody", ""), ("direct", "--direct_num_workers=many")]
)
def test_what_beam_refuses_is_said_before_any_work(source, tmp_path, runner, options):
    with pytest.raises(InputError, match=f"Apache Beam refuses --runner {runner}"):
        prepare(source, tmp_path / "beam", 8, runner=runner, runner_options=options)


@pytest.mark.skipif(INSTALLED, reason="Apache Beam is installed")
def test_without_beam_the_extra_is_named(source, tmp_path):
    with pytest.raises(InputError, match=r"pip install 'keras-t2i\[beam\]'"):
        prepare(source, tmp_path / "beam", 8, skip_broken=True, runner="direct")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runner_options": "--x=1"}, "--runner-options goes with --runner"),
        ({"runner": "direct", "workers": 2}, "--workers are processes of this machine"),
        ({"runner": "direct", "runner_options": "'"}, "--runner-options: .*quotation"),
    ],
)
def test_options_that_do_not_go_together(source, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        prepare(source, tmp_path / "beam", 8, **options)
