"""Pages that repeat what the code says: docs/reference/commands.md and docs/reference/presets.md.

python -m benchmarks.command_pages [--check]

Writes both pages anew: each command's own `--help`, and each preset's stages. `--check` writes
nothing and exits with 1 where a page is not what the code says today; so does the test
tests/test_command_pages.py.
"""

import argparse
import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from keras_t2i.catalogue import DEFAULT, PRESETS
from keras_t2i.commands.preset_list import TASKS, variants
from keras_t2i.pipelines import prepare, prepare_melodies
from keras_t2i.pipelines.preparation import source_names

ROOT = Path(__file__).parent.parent
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
CATALOGUE = ROOT / "docs" / "reference" / "presets.md"
WIDTH = 100  # of help, in characters
_HERE = "benchmarks.command_pages"
_MADE = "<!-- written by `python -m benchmarks.command_pages`; edit that file -->"


# Heading, what the section says, and the words of the command.
_ONES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "keras-t2i",
        "An installed package has one program for all commands. `keras-t2i fit …` is short for "
        "`python -m keras_t2i.fit …`, and so on.",
        ("keras_t2i",),
    ),
    (
        "fit",
        "Train every stage of a preset, then export the model. The same command continues an "
        f"interrupted run. The options are those of the preset: below, of `{DEFAULT}`; "
        "`python -m keras_t2i.fit PRESET --help` shows another preset's. "
        "[Presets](presets.md) lists all.",
        ("keras_t2i.fit",),
    ),
    (
        "launch",
        "Train by several worker processes on this machine: "
        "[how to train by several workers](../howto/distributed.md).",
        ("keras_t2i.launch",),
    ),
    (
        "generate",
        "Draw with a trained run or a pretrained model. Each task takes some of the options; any "
        "other is refused, with the list of those that the run takes.",
        ("keras_t2i.generate",),
    ),
    (
        "evaluate",
        "Score the pictures of a run, of an exported model or of a folder. "
        "[How to compare scores](../howto/compare_scores.md) explains the protocols.",
        ("keras_t2i.evaluate",),
    ),
    ("compare", "Print the scores of several runs side by side.", ("keras_t2i.compare",)),
    (
        "export",
        "Write a run as a SavedModel. [Formats](formats.md#exported-models) describes the files.",
        ("keras_t2i.export",),
    ),
    (
        "push",
        "Publish a run as the next version of a served model if it is better or as good, or roll "
        "back. [Deliver a model](../howto/deliver.md) shows how.",
        ("keras_t2i.push",),
    ),
    (
        "deliver",
        "Prepare, train, evaluate and push in one command, which goes on where it stopped.",
        ("keras_t2i.deliver",),
    ),
    (
        "kubeflow",
        "Write the steps of `deliver` as a pipeline for Kubeflow. It needs "
        "`pip install 'keras-t2i[kubeflow]'`.",
        ("keras_t2i.kubeflow",),
    ),
    (
        "pipelines.prepare",
        "Turn any source of pictures into records to train on. Installed, it is "
        "`python -m keras_t2i.pipelines.prepare` or `keras-t2i prepare`. Each source has options "
        "of its own. [Large data](../howto/large_data.md) shows `--shards`, `--workers` and "
        "`--shard`.",
        ("pipelines.prepare",),
    ),
    (
        "pipelines.merge",
        "Join the parts that `prepare --shard` wrote on several machines. Installed, it is "
        "`python -m keras_t2i.pipelines.merge` or `keras-t2i merge`.",
        ("pipelines.merge",),
    ),
    (
        "pipelines.prepare_melodies",
        "Turn MIDI files into bars to train on, or compose tunes. Installed, it is "
        "`python -m keras_t2i.pipelines.prepare_melodies` or `keras-t2i prepare-melodies`.",
        ("pipelines.prepare_melodies",),
    ),
    (
        "serving",
        "Serve exported models on this machine. Installed, it is `python -m keras_t2i.serving` or "
        "`keras-t2i serve`. [Serving](../howto/serving.md) compares the servers.",
        ("serving",),
    ),
    (
        "serving.client",
        "Ask a served model for pictures. Installed, it is `python -m keras_t2i.serving.client` or "
        "`keras-t2i client`.",
        ("serving.client",),
    ),
    (
        "serving.studio",
        "Show a web page for a served model. It needs `pip install 'keras-t2i[studio]'`. "
        "Installed, it is `python -m keras_t2i.serving.studio` or `keras-t2i studio`.",
        ("serving.studio",),
    ),
    (
        "keras_t2i.metrics.extractors.download",
        "Fetch the Inception network that published FIDs use. Installed, it is also "
        "`keras-t2i fetch-inception`.",
        ("keras_t2i.metrics.extractors.download",),
    ),
)
_SOURCES = {
    "pipelines.prepare": source_names(prepare._Sources),
    "pipelines.prepare_melodies": source_names(prepare_melodies._Sources),
}

_HEAD_OF_CATALOGUE = f"""{_MADE}

# Presets

A preset is a name for an experiment with all its values.
`python -m keras_t2i.fit PRESET` trains it,
`python -m keras_t2i.fit PRESET --help` shows its options,
and `keras_t2i.preset("PRESET")` returns it in Python. The default is `{DEFAULT}`.

Each table of stages says how long the stage trains and on what.

- **length**: pairs of picture and caption that the stage sees; or epochs, in each of which it sees
  every picture or caption once; or steps. A caption encoder ends earlier where it reaches its
  `accuracy`. A dash marks a stage that trains nothing.
- **batch**: number of pictures, captions, bars or points in a step.
- **side**: side of the stage's pictures in pixels. "data" is the side at which the data set was
  prepared (`--image-size`). A dash marks a stage that makes no pictures.
- **data**: data set that `fit` draws to `data/` where `--data` is not given. A dash marks a preset
  that takes no data.

The thesis is [No (Chosun University)](../papers/index.md#no-thesis); PSC-GAN has
[a paper](../papers/index.md#psc-gan) too. [Papers](../papers/index.md) lists the others.
"""
_HEAD_OF_COMMANDS = f"""{_MADE}

# Commands

Each command prints the text below with `--help`. No command reads a configuration file.
`fit`, `generate`, `evaluate`, `export`, `push` and `deliver` take `--import FILE_OR_MODULE`, which
imports your own components and presets first.

| exit code | meaning |
| --- | --- |
| 0 | The command is done. |
| 1 | `fit`: a term of a loss is no longer finite. |
| 2 | The input is wrong; one line that begins with `error:` says what ([Errors](errors.md)). |
| 3 | `push`, `deliver`: the model is not published; one line beginning with `refused:` says why. |
| 130, 143 | Ctrl-C or SIGTERM; `fit` saves its state first. |
"""


def helps_of(asked: list[tuple[str, ...]]) -> list[str]:
    """Help texts of the commands (`--help`): the same on every machine.

    One process runs them all one after the other, for importing takes most of the time.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "LINES")
        and not name.startswith("KERAS_T2I")
    }
    told = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import {_HERE}; {_HERE}.print_helps()"],
        cwd=ROOT, env={**own, **told}, input=json.dumps(asked), stdout=subprocess.PIPE,
        encoding="utf-8", check=True,
    )  # fmt: skip
    return [tidy(text) for text in json.loads(done.stdout)]


def print_helps() -> None:
    """The helps of the commands that stdin names, as JSON."""
    texts = []
    for module, *words in json.load(sys.stdin):
        sys.argv = [module, *words, "--help"]
        held = io.StringIO()
        with contextlib.redirect_stdout(held), contextlib.suppress(SystemExit):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        texts.append(held.getvalue())
    print(json.dumps(texts))


def tidy(text: str) -> str:
    """A help without blanks at the ends of lines, and with none that is too long."""
    return "\n".join(wrapped(line.rstrip()) for line in text.strip().splitlines())


def wrapped(line: str) -> str:
    """A line of text that is longer than the help is wide, as several."""
    if len(line) <= WIDTH:
        return line
    return textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)


def commands() -> str:
    """The page of commands."""
    asked = [words for _, _, words in _ONES]
    asked += [(name, source) for name, held in _SOURCES.items() for source in held]
    helps = dict(zip(asked, helps_of(asked), strict=True))
    parts = [_HEAD_OF_COMMANDS]
    for heading, text, words in _ONES:
        parts.append(f"## {heading}\n\n{paragraph(text)}\n\n{fenced(helps[words])}\n")
        parts += [
            f"### {words[0]} {source}\n\n{fenced(helps[words[0], source])}\n"
            for source in _SOURCES.get(words[0], ())
        ]
    return "\n".join(parts)


def catalogue() -> str:
    """The page of presets."""
    left = set(PRESETS)
    parts = [_HEAD_OF_CATALOGUE]
    for heading, task, bases in TASKS:
        described = dict(variants(bases))
        left -= set(described)
        kinds = [[f"`{name}`", what] for name, what in described.items()]
        stages = [row for name in described for row in stages_of(name)]
        parts.append(
            f"## {heading}\n\nTask: [{heading}](../tasks/{task}.md).\n\n"
            f"{table(['preset', 'what it is'], kinds)}\n"
            f"{table(['preset', 'stage', 'length', 'batch', 'side', 'data'], stages)}"
        )
    if left:
        raise SystemExit(f"keras_t2i/commands/preset_list.py does not describe {sorted(left)}.")
    return "\n".join(parts)


def stages_of(name: str) -> Iterator[list[str]]:
    """A row for each stage of a preset."""
    experiment = PRESETS[name]()
    data = f"`{experiment.drawn_name}`" if experiment.needs_data else "–"
    for stage in experiment.stages:
        units = [unit for unit in ("pairs", "epochs", "steps") if hasattr(stage, unit)]
        lengths = [f"{getattr(stage, unit):,} {unit}" for unit in units]
        side = getattr(stage, "generator_side", None) or getattr(stage, "side", "data")
        drawn = experiment.needs_data and experiment.data_kind == "pictures"
        blind = hasattr(stage, "embedding_dim") or not drawn  # an encoder of captions
        yield [
            f"`{name}`",
            stage.name,
            lengths[0] if lengths else "–",
            str(getattr(stage, "batch_size", "–")),
            "–" if blind else str(side),
            data,
        ]


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def fenced(text: str) -> str:
    """A block of text that is shown as it is."""
    return f"```text\n{text}\n```"


def paragraph(text: str) -> str:
    """A text in lines of a page's width."""
    return textwrap.fill(text, 110, break_long_words=False, break_on_hyphens=False)


PAGES = {COMMANDS: commands, CATALOGUE: catalogue}


def same(one: str, other: str) -> bool:
    """Whether two pages say the same: Python's versions break argparse's lines differently."""
    return one.split() == other.split()


def main() -> None:
    """Write the pages, or say which are old."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if old")
    check = parser.parse_args().check
    old = []
    for page, made in PAGES.items():
        text = made()
        if page.exists() and same(page.read_text("utf-8"), text):
            continue
        old.append(page.relative_to(ROOT).as_posix())
        if not check:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, "utf-8")
    print("\n".join(old) if old else "both pages are as the code says")
    sys.exit(1 if check and old else 0)


if __name__ == "__main__":
    main()
