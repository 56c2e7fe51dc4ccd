"""Scores on file and on screen."""

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.scoring import Measurement
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.screen import console

FILE = "metrics.jsonl"

Line = dict[str, Any]
"""A score with all that it depends on, as JSON values.

`subject` is the set of pictures and `judged` the one that was asked for: they differ in baselines.
`state` says which weights these are (`State`; null in baselines). Lines of earlier versions lack
it, so that nobody knows which of a run's states they are of. `flattered` is there, and true, where
the extractor is a network by which the judged model learned.
"""


def append(
    folder: Path, scored: Iterable[Measurement], inputs: EvaluationInputs, watched: bool = False
) -> None:
    """Add scores to a folder's metrics.jsonl, each in a line with all that it depends on.

    Args:
        folder: Folder of the file; it is created.
        scored: The scores.
        inputs: Inputs that the scores were computed from.
        watched: Whether a training took them on its way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    context = {
        "judged": inputs.fake.name,
        "watched": watched,
        "extractor": inputs.extractor.name,
        "extractor_fingerprint": inputs.extractor.fingerprint,
        "data": inputs.conditions.data,
        "inputs": inputs.digest,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {n: version(n) for n in ("keras-t2i", "tensorflow", "numpy", "pillow")},
        "python": platform.python_version(),
    }
    text = ""
    for one in scored:
        score = {k: v for k, v in asdict(one.score).items() if v not in (None, {}, "")}
        state = asdict(one.state) if one.state else None
        own = {"flattered": True} if inputs.flattered and one.subject == inputs.fake.name else {}
        line = {"subject": one.subject, "step": one.step, "state": state, **score, **context, **own}
        text += json.dumps(line, ensure_ascii=False) + "\n"
    with (folder / FILE).open("ab", buffering=0) as file:  # all lines at once, or none
        file.write(text.encode())


def of_state(lines: Iterable[Line], fingerprint: str) -> list[Line]:
    """The lines of the pictures that one state of a model drew.

    Args:
        lines: Lines of a metrics.jsonl.
        fingerprint: Fingerprint of the state's weights.
    """
    return [line for line in lines if (line.get("state") or {}).get("fingerprint") == fingerprint]


def of_inputs(lines: Iterable[Line], inputs: EvaluationInputs) -> list[Line]:
    """The lines of the very scores that these inputs would give again."""
    digest = inputs.digest
    own = [line for line in lines if line.get("inputs") == digest]
    return [line for line in own if line["subject"] == line["judged"]]


def newest(lines: Iterable[Line]) -> dict[tuple[str, str, str, str], Line]:
    """The last line of each score, by what must agree for two figures to be of one kind."""
    return {
        (line["name"], line["protocol"], line["extractor_fingerprint"], line["data"]): line
        for line in lines
    }


def read(folder: Path) -> list[Line]:
    """The lines of a folder's metrics.jsonl, in the order in which they were added.

    Raises:
        InputError: No such file, or a line that is not JSON.
    """
    file = folder / FILE
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{file}: not readable; `evaluate` writes it.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"{file}, line {number}: not JSON ({error}).") from error
    return rows


def to_tensorboard(folder: Path, scored: Iterable[Measurement], step: int) -> None:
    """Write scores as scalars for TensorBoard, at a training step."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step):
        for one in scored:
            tf.summary.scalar(one.score.name, one.score.value)
    writer.close()


def show(scored: Iterable[Measurement]) -> None:
    """Print scores as a table, a column for each set of pictures."""
    scored = list(scored)
    subjects = list(dict.fromkeys(one.subject for one in scored))
    names = list(dict.fromkeys(one.score.name for one in scored))
    found = {(one.score.name, one.subject): one.score for one in scored}
    table = Table()
    for header in ("score", *subjects, "better"):
        table.add_column(header, overflow="fold")
    for name in names:
        scores = [found.get((name, subject)) for subject in subjects]
        better = next(score.better for score in scores if score)
        table.add_row(name, *(cell(asdict(score)) if score else "" for score in scores), better)
    screen = console()
    screen.print(table)
    for one in scored:
        if one.subject == subjects[0]:
            line = f"{one.score.name}: {one.score.protocol}"
            screen.print(line, style="dim", highlight=False, soft_wrap=True)


def cell(line: Mapping[str, Any]) -> str:
    """A score's value with its spread and interval, of a line or of a score as a dictionary."""
    deviation, interval = line.get("deviation"), line.get("interval")
    spread = "" if deviation is None else f" ± {figure(deviation)}"
    bounds = "" if interval is None else f" [{', '.join(map(figure, interval))}]"
    return figure(line["value"]) + spread + bounds


def figure(value: float) -> str:
    """Four digits that count."""
    return f"{value:.4g}"
