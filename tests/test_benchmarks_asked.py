"""Refusals of benchmarks: in a line, before their work."""

import subprocess
import sys
from importlib import import_module

import pytest

from benchmarks.logged import logged
from keras_t2i.catalogue import preset
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run
from tests.small import small, write_pictures

FLOW = (
    "label_flow FLOW --beside LABELS --judge JUDGE --data PICTURES --extractor random --out x.json"
)


@pytest.fixture(scope="module")
def places(trained, trained_labels, colour_data, tmp_path_factory):
    """Runs and data by the words that stand for them."""
    out = tmp_path_factory.mktemp("asked")
    write_pictures(out / "data")
    for name in ("label-classifier", "cycle-gan-demo", "dcgan-demo", "psc-flow-demo"):
        fit(small(name), out / "data", Run(out / name))
    fit(small("gan-8-gaussians"), None, Run(out / "points"))
    Run(out / "begun").open(preset("gan-8-gaussians"))
    return {
        "TEXT": trained.path, "LABELS": trained_labels.path, "DATA": colour_data,
        "PICTURES": out / "data", "JUDGE": out / "label-classifier",
        "CYCLE": out / "cycle-gan-demo", "NOISE": out / "dcgan-demo", "FLOW": out / "psc-flow-demo",
        "POINTS": out / "points", "BEGUN": out / "begun",
    }  # fmt: skip


def ask(monkeypatch, line, places):
    name, *words = line.split()
    module = import_module(f"benchmarks.{name}")
    monkeypatch.setattr(sys, "argv", [name, *(str(places.get(word, word)) for word in words)])
    module.main()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("caption_length LABELS --data DATA --extractor random", "a run that draws from captions"),
        (
            "caption_length TEXT --data DATA --extractor random --count 1",
            "--count must be at least",
        ),
        (
            "caption_length TEXT --data DATA --extractor random --parts 99",
            "--parts must be at most",
        ),
        ("truncation LABELS --data DATA --extractor random", "a run that draws from captions"),
        ("truncation TEXT --data DATA --extractor random", "random: shows no maps"),
        ("truncation TEXT --data DATA --extractor random --out x.foo", r"x\.foo must be a \.png"),
        ("truncation TEXT --data DATA --extractor random --count 9", "--pairs must be at most"),
        ("truncation TEXT --data DATA --extractor random --pairs 0", "--pairs must be at least 1"),
        ("truncation TEXT --data DATA --extractor random --factors", "one of --factors"),
        ("faint_noise TEXT --data DATA --extractor random", "a run that draws from labels"),
        ("faint_noise LABELS --data DATA --extractor random --count 1", "--count must be at least"),
        (
            "faint_noise LABELS --data DATA --extractor random --noises nan",
            "--noises must be above",
        ),
        ("faint_noise LABELS --data DATA --extractor random --blurs -1", "--blurs must be above 0"),
        ("stacked TEXT --extractor random", "draws from captions in two stages"),
        ("stacked TEXT --extractor random --count 1", "--count must be at least 2"),
        ("stacked TEXT --extractor random --out /dev/null/x.png", "--out /dev/null/x.png"),
        ("translation TEXT --extractor random", "a run that makes pictures of pictures"),
        ("translation --extractor random", "Runs are needed"),
        ("translation TEXT TEXT --extractor random", "each with a name of its own"),
        ("table_curves none --over t --scores mf --out x.png", "none: no such table"),
        ("table_curves captions-vision-aided --over t --out x.png --scores", "One of --scores"),
        ("table_curves wgan-curves --over t --scores t --out x.png", "--over t: no such column"),
        ("filters TEXT", "a run that draws from noise alone"),
        ("filters TEXT --seed -1", "--seed must be at least 0"),
        ("filters TEXT --among 2", "--pictures must be at most --among"),
        ("arithmetic TEXT --judge JUDGE --seed -1", "--seed must be at least 0"),
        ("arithmetic TEXT --judge JUDGE --out /dev/null/x.png", "--out /dev/null/x.png"),
        ("priming TEXT --data DATA", "a run that draws melodies for chords"),
        ("kinds TEXT --judge JUDGE", "makes pictures of one domain another's"),
        ("kinds CYCLE --judge CYCLE", "a run that reads labels in pictures"),
        ("psc_gan --data gone --runs r", "gone"),
        ("psc_gan --data PICTURES --runs r --seeds", "--seeds must be different, and one at least"),
        ("psc_gan --data PICTURES --runs r --label-seeds 1 1", r"--label-seeds .* \(1, 1\)"),
        ("psc_gan --data PICTURES --runs r --seeds -1", "--seeds must be at least 0"),
        ("psc_gan --data PICTURES --runs r --like dcgan", "--like must be a preset of PSC-GAN"),
        ("psc_gan --data PICTURES --runs r --combinations purple", "Unknown label 'purple'"),
        ("psc_gan --data PICTURES --runs r --extractor random", "random: shows no maps"),
        (f"{FLOW} --count 1", "--count must be at least 2"),
        (f"{FLOW} --strengths nan", "--strengths must be finite, and not negative"),
        (f"{FLOW} --steps 0", "--steps must be at least 1"),
        (f"{FLOW} --out /dev/null/x.json", "--out /dev/null/x.json"),
        (f"{FLOW} --beside TEXT", "a run of a GAN of labels"),
        (f"{FLOW} --judge LABELS", "a run of `label-classifier`"),
        (f"{FLOW} --data DATA", "with other labels or another size than --data has"),
        ("curves --out x.png", "One run is needed"),
        ("curves gone --out x.png", "gone is not a run folder"),
        ("curves BEGUN --out x.png", "its last stage has no log"),
        ("curves POINTS --out x.gif", r"x\.gif must be a \.png"),
        ("curves POINTS --out x.png --tags", "One of --tags, or a --score"),
        (
            "curves POINTS --out x.png --tags fame",
            "--tags fame: no run logged it. Logged: .*answer",
        ),
        ("curves POINTS --out x.png --score frechet", "metrics.jsonl: not readable"),
        ("modes --out x.gif", "One run is needed"),
        ("modes POINTS --out x.png", r"x\.png must be a \.gif"),
        ("modes TEXT --out x.gif", "a run that draws points from noise"),
        ("modes POINTS BEGUN --out x.gif", "its training has not ended yet"),
        ("critic_weights --out x.png", "One run is needed"),
        ("critic_weights NOISE --out /dev/null/x.png", "--out /dev/null/x.png"),
        ("critic_weights NOISE TEXT --out x.png", "a GAN from noise alone with one critic"),
        ("critic_weights BEGUN --out x.png", "has no checkpoint yet"),
        ("loss_gradients --out x.pdf", r"x\.pdf must be a \.png"),
    ],
)
def test_it_is_refused(line, rule, places, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rule):
        ask(monkeypatch, line, places)
    assert not list(tmp_path.iterdir())


def test_a_judge_reads_domains_that_are_named_with_their_group(places, monkeypatch, capsys):
    ask(monkeypatch, "kinds CYCLE --judge JUDGE", places)
    assert "read as colour: blue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("curves POINTS --out x.png --tags answer/real+answer/fake", "x.png"),
        ("modes POINTS --out x.gif", "x.gif"),
        ("critic_weights NOISE POINTS --out x.png", "x.png"),
        (f"{FLOW} --count 4 --strengths 1 --steps 2", "x.json"),
    ],
)
def test_it_is_drawn(line, made, places, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ask(monkeypatch, line, places)
    assert [path.name for path in tmp_path.iterdir()] == [made]
    assert capsys.readouterr().out


def test_a_broken_line_of_a_log_is_named(tmp_path):
    run = Run(tmp_path / "run")
    run.open(preset("gan-8-gaussians"))
    log = run.logs("gan") / "log.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"step": 1, "answer/real": 0.5}\n')
    assert logged(run) == [{"step": 1, "answer/real": 0.5}]
    log.write_text('{"step": 1}\n{"step"')
    with pytest.raises(InputError, match=r"log\.jsonl, line 2: not JSON"):
        logged(run)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stacked", ["--extractor", "random"]),
        ("translation", ["--extractor", "random"]),
        ("kinds", ["--judge", "gone"]),
        ("curves", ["--out", "x.png"]),
        ("modes", ["--out", "x.gif"]),
        ("critic_weights", ["--out", "x.png"]),
    ],
)
def test_a_refusal_is_a_line(name, words, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", str(tmp_path / "gone"), *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in done.stderr
