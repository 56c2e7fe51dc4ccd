"""A stored table of measured figures, and its form in Markdown."""

import json
import math
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

HOME = Path(__file__).parent
SEED = "seed"


@dataclass(frozen=True)
class Table:
    """Measured figures, with what is needed to measure them again.

    Attributes:
        name: Name of the file in `benchmarks/results`, and in the documents' markers.
        command: Commands that gave the figures.
        machine: Machine on which they were measured.
        date: Day on which they were measured.
        commit: Commit of this project at which they were measured.
        seeds: Seeds behind each row, where the records do not have them one by one; `None` where
            nothing is random, as in timings.
        code: Files and folders whose change makes the figures old.
        columns: Keys of a record, and the headings of their columns.
        records: Rows as they were measured; of several seeds, one record for each.
        note: Sentence beneath the table.
    """

    name: str
    command: str
    machine: str
    date: str
    commit: str
    code: list[str]
    columns: dict[str, str]
    records: list[dict[str, Any]] = field(repr=False)
    seeds: int | str | None = 1
    note: str = ""

    def markdown(self) -> str:
        """The table, one row for records that differ by their seed and figures alone."""
        digits = {key: _digits([r.get(key) for r in self.records]) for key in self.columns}
        rows = [
            [_cell([r.get(key) for r in group], digits[key]) for key in self.columns]
            for group in _groups(self)
        ]
        lines = [_row(self.columns.values()), _row("---" for _ in self.columns), *map(_row, rows)]
        return "\n".join([*lines, "", self.caption()])

    def caption(self) -> str:
        """Seeds, day, commit and machine of the figures; where they lie."""
        held = sorted({str(r[SEED]) for r in self.records if SEED in r})
        if len(held) > 1:
            seeds = f"Seeds {', '.join(held)}: mean ± standard deviation where a row has several."
        elif self.seeds is None:
            seeds = ""
        else:
            text = str(self.seeds)
            seeds = f"Seeds {text}." if "," in text else f"{text} seed{'s' * (text != '1')} a row."
        note = f" {self.note}" if self.note else ""
        told = f"{seeds}{note} Measured {self.date} at `{self.commit}`, {self.machine}."
        text = f"{told.strip()} Figures: `benchmarks/results/{self.name}.json`."
        return textwrap.fill(text, 116, break_long_words=False, break_on_hyphens=False)


def names() -> list[str]:
    """The names of all stored tables."""
    return sorted(file.stem for file in HOME.glob("*.json"))


def read(name: str) -> Table:
    """The stored table of a name.

    Raises:
        SystemExit: No such table, or a field is missing, unknown or no column's.
    """
    file = HOME / f"{name}.json"
    if not file.exists():
        raise SystemExit(f"benchmarks/results/{name}.json: no such table.")
    try:
        table = Table(name=name, **json.loads(file.read_text("utf-8")))
    except (TypeError, ValueError) as error:
        raise SystemExit(f"{file}: {error}") from error
    unknown = {key for record in table.records for key in record} - {*table.columns, SEED}
    if unknown:
        raise SystemExit(f"{file}: no column for {sorted(unknown)}.")
    return table


def write(table: Table) -> None:
    """Store a table, one record in each line."""
    fields = {key: value for key, value in vars(table).items() if key not in ("name", "records")}
    head = json.dumps(fields, indent=1, ensure_ascii=False)[:-2]
    records = ",\n".join(f"  {json.dumps(record, ensure_ascii=False)}" for record in table.records)
    (HOME / f"{table.name}.json").write_text(
        f'{head},\n "records": [\n{records}\n ]\n}}\n', "utf-8"
    )


def _groups(table: Table) -> list[list[dict[str, Any]]]:
    """Records that are one row: those of the same words, if they name their seeds."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for place, record in enumerate(table.records):
        words = tuple((k, v) for k, v in record.items() if isinstance(v, str))
        groups.setdefault(words if SEED in record else place, []).append(record)
    return list(groups.values())


def _digits(values: list[Any]) -> int:
    """Digits behind the point in a column of shares and the like; 0 where it mixes quantities."""
    numbers = [value for value in values if isinstance(value, float)]
    digits = max((len(number(value).partition(".")[2]) for value in numbers), default=0)
    return digits if digits <= 4 and all(abs(value) < 100 for value in numbers) else 0


def _cell(values: list[Any], digits: int) -> str:
    if any(value is None or isinstance(value, str) for value in values):
        return str(values[0] if values[0] is not None else "–")
    if len(values) > 1 and len(set(values)) > 1:
        return spread(values)
    if isinstance(values[0], float) and values[0] and "e" not in number(values[0]):
        return max(number(values[0]), f"{values[0]:.{digits}f}" if digits else "", key=len)
    return number(values[0])


def spread(values: list[float]) -> str:
    """Mean ± standard deviation: two digits of the deviation, and no more of the mean."""
    about = stdev(values)
    behind = max(0, 1 - math.floor(math.log10(about)))
    return f"{mean(values):,.{behind}f} ± {about:,.{behind}f}"


def number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits and commas between thousands; an integer whole."""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}" if isinstance(value, int) else f"{float(f'{value:.4g}'):,.0f}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text else f"{value:.1e}"


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
