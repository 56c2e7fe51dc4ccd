"""`compare`: scores of several runs side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated

import tyro
from rich.table import Table

from keras_t2i.metrics.inputs import FLATTERED
from keras_t2i.metrics.results_log import FILE, Line, cell, figure, newest, of_state, read
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.screen import console
from keras_t2i.pipelines.whole_file import write_text
from keras_t2i.pipelines.writable import require_file

Rows = list[list[str]]
Key = tuple[str, str, str, str]
_MISSING = "–"


@dataclass(frozen=True)
class Arguments:
    """Compare what `evaluate` has measured.

    Only scores of the same protocol, extractor and data stand in one row, and all figures of a run
    are of one state of it: the last that was evaluated.

    Args:
        runs: Runs, or folders with a metrics.jsonl.
        best: Whether the best watched states are compared (`evaluate --best`), not the last ones.
        markdown: File for the tables, to paste into a page.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    best: bool = False
    markdown: Path | None = None


@dataclass(frozen=True)
class Column:
    """The scores of one state of a run.

    Args:
        name: Name of the run, with the state's training step.
        lines: Lines of its metrics.jsonl, by what must agree to compare them.
        notes: Notes that a reader of the scores must know.
    """

    name: str
    lines: dict[Key, Line]
    notes: tuple[str, ...] = ()


def main() -> None:
    """Parse the command line and print the tables."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.compare")
    if arguments.markdown:
        require_file(arguments.markdown, "--markdown")
    tables = compare(arguments.runs, arguments.best)
    for title, rows in tables.items():
        table = Table(*rows[0], title=title, title_justify="left")
        for row in rows[1:]:
            table.add_row(*row)
        console().print(table)
    if arguments.markdown:
        parts = [f"{title}\n\n{as_markdown(rows)}" for title, rows in tables.items()]
        write_text(arguments.markdown, "\n".join(parts))


def compare(runs: Sequence[Path], best: bool = False) -> dict[str, Rows]:
    """Tables by title, the header first: all scores, the details of each, notes.

    Args:
        runs: Runs, or folders with a metrics.jsonl.
        best: Whether the best watched states are compared, not the last ones.

    Raises:
        InputError: Fewer than two runs, or one whose state was not evaluated yet.
    """
    if len(runs) < 2:
        raise InputError("Give two runs at least.")
    columns = [column(run, best) for run in runs]
    keys = list(dict.fromkeys(key for each in columns for key in each.lines))
    tables = {"Scores": _scores(columns, keys)}
    for key in keys:
        details = _details(columns, key)
        if len(details) > 1:
            tables[f"{key[0]}, in detail ({key[1]})"] = details
    notes = [[each.name, note] for each in columns for note in each.notes]
    return tables | ({"Notes": [["", "note"], *notes]} if notes else {})


def column(run: Path, best: bool = False) -> Column:
    """The newest scores of a run's last evaluated state, or of its best one.

    Raises:
        InputError: The state was not evaluated yet.
    """
    folder = _scored(run)
    name = run.resolve().name
    lines = [line for line in read(folder) if line["subject"] == line["judged"]]
    known = [line for line in lines if (line.get("state") or {}).get("best") is best]
    if not known:
        return _of_unknown_state(run, name, lines, best)
    # What a training watched is one score on few pictures: an evaluation comes first.
    state = ([line for line in known if not line["watched"]] or known)[-1]["state"]
    step, further = state["step"], max((line["step"] or 0 for line in known), default=0)
    held = newest(of_state(known, state["fingerprint"]))
    notes = _flattered(held.values())
    if step is not None and further > step:
        notes = (f"step {step} was evaluated; the training went on to step {further}.", *notes)
    return Column(name if step is None else f"{name}, step {step}", held, notes)


def _flattered(lines: Iterable[Line]) -> tuple[str, ...]:
    """A note for each network that judged a model which learned by it."""
    networks = dict.fromkeys(line["extractor"] for line in lines if line.get("flattered"))
    return tuple(FLATTERED.format(network) for network in networks)


def _scored(run: Path) -> Path:
    """The folder of a run's scores; those of a pretrained model lie in `evaluation/NAME`.

    Raises:
        InputError: The state was not evaluated yet.
    """
    for folder in (run / "evaluation", run, Path("evaluation") / run.name):
        if (folder / FILE).exists():
            return folder
    raise InputError(
        f"{run}: has no {FILE} yet; `python -m keras_t2i.evaluate {quote(str(run))}` first."
    )


def _of_unknown_state(run: Path, name: str, lines: list[Line], best: bool) -> Column:
    """Scores that an earlier version wrote, which did not say of which state they are."""
    if best or not lines or "state" in lines[-1]:
        option = " --best" if best else ""
        raise InputError(
            f"{run}: its {'best' if best else 'last'} state was not evaluated yet; "
            f"`python -m keras_t2i.evaluate {quote(str(run))}{option}` first."
        )
    subject = lines[-1]["judged"]
    note = "an earlier version wrote these scores: of which steps, and whether of one, is unknown."
    held = newest(line for line in lines if line["subject"] == subject)
    return Column(f"{name}, state unknown", held, (note,))


def _scores(columns: Sequence[Column], keys: Sequence[Key]) -> Rows:
    rows: Rows = [["score", *(each.name for each in columns), "better", "protocol"]]
    for key in keys:
        lines = [each.lines.get(key) for each in columns]
        better = next(line for line in lines if line).get("better", "")
        rows.append([key[0], *(cell(line) if line else _MISSING for line in lines), better, key[1]])
    return rows


def _details(columns: Sequence[Column], key: Key) -> Rows:
    """The further figures of a score, one in each row; the header alone if there are none."""
    held = [each.lines.get(key, {}).get("details", {}) for each in columns]
    rows: Rows = [["", *(each.name for each in columns)]]
    for name in dict.fromkeys(name for details in held for name in details):
        figures = (figure(details[name]) if name in details else _MISSING for details in held)
        rows.append([name, *figures])
    return rows


def as_markdown(rows: Rows) -> str:
    """A table, its first row the header."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
