"""From a source to a served model in one command, which resumes."""

from dataclasses import replace

import pytest

from keras_t2i.commands import deliver as command
from keras_t2i.commands import push
from keras_t2i.commands.deliver import Arguments, deliver
from keras_t2i.exporting import lineage
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.errors import InputError

SMALL = Arguments(
    "birds",
    prepare="birds --image-size 16 --pictures 60",
    fit="dcgan-demo --gan.epochs 1",
    evaluate="--extractor random --count 24",
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    return tmp_path


def stamps(folder, pattern):
    return {path: path.stat().st_mtime_ns for path in folder.glob(pattern)}


def test_a_delivery_goes_on_where_it_stopped(folder, monkeypatch):
    def killed(arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(push, "push", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver(SMALL)
    (data,), (run,) = (folder / "data").iterdir(), (folder / "runs").iterdir()
    kept = ("data/*/*.tfrecord", "runs/*/*/checkpoints/*.npz", "runs/*/evaluation/*.jsonl")
    before = [stamps(folder, pattern) for pattern in kept]
    assert all(before)

    version = deliver(replace(SMALL, prepare="birds  --image-size 16 --pictures '60'"))
    assert version.resolve() == folder / "saved_models" / "birds" / "1"
    assert [stamps(folder, pattern) for pattern in kept] == before
    (record,) = lineage.read(version.parent)
    assert (record["run"], record["decision"]) == (run.name, "published")

    # A file that was cut is found, and the same data are made again: all else is still there.
    shard = next(data.glob("train-*.tfrecord"))
    shard.write_bytes(shard.read_bytes()[:-9])
    assert deliver(SMALL) == version
    assert [stamps(folder, pattern) for pattern in kept[1:]] == before[1:]
    assert len(results_log.read(run / "evaluation")) == 1

    # Other words of the training are another run, of the same data.
    with monkeypatch.context() as patched:
        patched.setattr(push, "push", lambda arguments: arguments.run)
        other = deliver(replace(SMALL, fit=f"{SMALL.fit} --seed 1"))
    assert other.resolve() != run
    assert list((folder / "data").iterdir()) == [data]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "a/b"}, "without slashes"),
        ({"name": ""}, "without slashes"),
        ({"prepare": "bird"}, "Unknown source 'bird'"),
        ({"fit": "dcgan-dem"}, "Unknown preset or model 'dcgan-dem'"),
        ({"fit": "gan-8-gaussians"}, "takes no data"),
        ({"fit": "cycle-gan-demo"}, "draws no pictures that scores could compare"),
        ({"push": "--rollback"}, "take no run, --data or --rollback"),
        ({"push": "--at-most frechet"}, "--at-most takes NAME=NUMBER"),
        ({"push": "--tolerance 2"}, "--tolerance must lie in"),
        ({"push": "--drift.words 2"}, "--drift.words must be at most"),
        ({"evaluate": "--extractor nothing.npz"}, "no such file"),
        ({"evaluate": "--extractor random --count 1"}, "--count must be at least 2"),
        ({"evaluate": "--extractor 'random"}, "--evaluate: No closing quotation"),
    ],
)
def test_wrong_words_are_refused_before_the_first_step(folder, change, told):
    with pytest.raises(InputError, match=told):
        deliver(replace(SMALL, **change))
    assert not (folder / "data").exists()


def test_unknown_options_of_a_step_are_refused_before_the_first(folder, capsys):
    for change in ({"fit": "dcgan-demo --nothing 1"}, {"push": "--nothing"}):
        with pytest.raises(SystemExit) as end:
            deliver(replace(SMALL, **change))
        assert end.value.code == 2
    assert not (folder / "data").exists()


def test_the_words_of_a_step_may_begin_with_a_dash(monkeypatch):
    def taken(arguments):
        assert arguments == replace(SMALL, push="--again")
        raise command.Refused("seen.")

    monkeypatch.setattr(command, "deliver", taken)
    words = ["birds", "--push=--again"]
    words += [w for step in command.STEPS[:3] for w in (f"--{step}", getattr(SMALL, step))]
    monkeypatch.setattr("sys.argv", ["deliver", *words])
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == push.REFUSED


def test_a_refusal_ends_with_its_code(folder, monkeypatch, capsys):
    def refuse(arguments):
        raise command.Refused("it is worse.")

    monkeypatch.setattr(command, "deliver", refuse)
    monkeypatch.setattr("sys.argv", ["deliver", "birds"])
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == push.REFUSED
    assert capsys.readouterr().err == "refused: it is worse. Nothing was exported.\n"
