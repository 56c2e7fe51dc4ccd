"""`python -m keras_t2i.compare`: scores of several runs side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from keras_t2i.metrics.results_log import FILE, cell, figure, read
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError

Rows = list[list[str]]


@dataclass(frozen=True)
class Arguments:
    """Compare what `evaluate` has measured.

    Only scores of the same protocol, extractor and data stand in one row.

    Args:
        runs: Runs, or folders with a metrics.jsonl.
        markdown: A file for the tables, to paste into a page.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    markdown: Path | None = None


def main() -> None:
    """Parse the command line and print the tables."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.compare")
    tables = compare(arguments.runs)
    for title, rows in tables.items():
        table = Table(*rows[0], title=title, title_justify="left")
        for row in rows[1:]:
            table.add_row(*row)
        Console(soft_wrap=True).print(table)
    if arguments.markdown:
        parts = [f"{title}\n\n{as_markdown(rows)}" for title, rows in tables.items()]
        arguments.markdown.write_text("\n".join(parts), "utf-8")


def compare(runs: Sequence[Path]) -> dict[str, Rows]:
    """Tables, the header first: all scores, then the details of each score that has some.

    Raises:
        InputError: Fewer than two runs, or one that was not evaluated yet.
    """
    if len(runs) < 2:
        raise InputError("Give two runs at least.")
    found = [latest(run) for run in runs]
    names = [run.resolve().name for run in runs]
    keys = list(dict.fromkeys(key for one in found for key in one))
    scores: Rows = [["score", *names, "better", "protocol"]]
    for key in keys:
        lines = [one.get(key) for one in found]
        known = next(line for line in lines if line)
        cells = [cell(line) if line else "–" for line in lines]
        scores.append([key[0], *cells, known.get("better", ""), key[1]])
    tables = {"Scores": scores}
    for key in keys:
        lines = [one.get(key, {}).get("details", {}) for one in found]
        details = list(dict.fromkeys(name for line in lines for name in line))
        if details:
            rows = [
                [name, *(figure(line[name]) if name in line else "–" for line in lines)]
                for name in details
            ]
            tables[f"{key[0]}, in detail ({key[1]})"] = [["", *names], *rows]
    return tables


def latest(run: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """The last line of each score of the run's own pictures, by what must agree to compare it."""
    folder = run / "evaluation" if (run / "evaluation").is_dir() else run
    if not (folder / FILE).exists():
        raise InputError(f"{run}: has no {FILE} yet; `python -m keras_t2i.evaluate {run}` first.")
    lines = read(folder)
    subject = lines[-1]["judged"] if lines else ""
    return {
        (line["name"], line["protocol"], line["extractor_fingerprint"], line["data"]): line
        for line in lines
        if line["subject"] == subject
    }


def as_markdown(rows: Rows) -> str:
    """A table, its first row the header."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    run_command(main)
