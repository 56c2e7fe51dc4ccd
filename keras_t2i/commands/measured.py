"""Scores of a run and of the served version, measured alike and once."""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from keras_t2i.commands import evaluate
from keras_t2i.delivery.versions import FIELD, card
from keras_t2i.metrics import results_log
from keras_t2i.metrics.protocols import protocols_named
from keras_t2i.pipelines.screen import console

_SHOWN = (
    "name", "value", "better", "deviation", "interval", "protocol", "extractor",
    "extractor_fingerprint", "data", "flattered",
)  # fmt: skip

Scores = dict[tuple[str, str, str, str], results_log.Line]
"""Scores by what must agree for two figures to be compared (`results_log.newest`)."""


def measured(asked: evaluate.Arguments) -> Scores:
    """The scores that an evaluation asks for; computed unless they were of these very inputs.

    Raises:
        InputError: The run or version, its data or a network cannot be used.
    """
    inputs, folder = evaluate.inputs_of(asked), evaluate.folder_of(asked)
    protocols = protocols_named(asked.protocol)
    file = folder / results_log.FILE

    def known() -> list[results_log.Line]:
        lines = results_log.read(folder) if file.exists() else []
        names = {name for each in protocols for name in each.score_names}
        return [line for line in results_log.of_inputs(lines, inputs) if line["name"] in names]

    held = {line["name"] for line in known()}
    if all(held.intersection(each.score_names) for each in protocols):
        print(f"The scores of {asked.subject} are those in {file}.", file=sys.stderr)
        for note in inputs.notes:
            print(note, file=sys.stderr)
    else:
        evaluate.score(asked, inputs)
    return results_log.newest(known())


def served_scores(asked: evaluate.Arguments, served: Path, new: Scores) -> Scores:
    """The served version's scores by the same protocols: those of its card, else measured now.

    Args:
        asked: Evaluation of the new run.
        served: Folder of the served version.
        new: Scores of the new run.

    Raises:
        InputError: The version has no signature that can be evaluated, or lacks one of the scores.
    """
    told = results_log.newest(card(served).get(FIELD, {}).get("scores", []))
    if new.keys() <= told.keys():
        return {key: told[key] for key in new}
    print(f"{served} was not evaluated so: it is evaluated now.", file=sys.stderr)
    with TemporaryDirectory() as folder:
        return measured(replace(asked, subject=served, best=False, out=Path(folder)))


def shown(scores: Scores) -> list[dict[str, Any]]:
    """Scores as records hold them."""
    return [{name: line[name] for name in _SHOWN if name in line} for line in scores.values()]


def by_name(scores: Scores | None) -> dict[str, results_log.Line] | None:
    """Scores by name; `None` where there are none."""
    return None if scores is None else {line["name"]: line for line in scores.values()}


def show(new: Scores, served: Scores | None) -> None:
    """Print the scores side by side."""
    table = Table("score", "new", "served", "better")
    old = by_name(served) or {}
    for line in new.values():
        name = line["name"]
        held = results_log.cell(old[name]) if name in old else "–"
        table.add_row(name, results_log.cell(line), held, line.get("better", ""))
    console().print(table)
