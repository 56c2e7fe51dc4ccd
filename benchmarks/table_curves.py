"""Curves of a stored table's scores: a line for each of its names, over a column such as minutes.

    python -m benchmarks.table_curves captions-vision-aided --over t --scores mf mk --out curves.png

Each point is the mean of a row's seeds; a bar goes from the least to the largest of several.
"""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import tyro

from benchmarks.asked import require_picture
from benchmarks.results.table import Table, names, read
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError

Points = dict[float, list[float]]


@dataclass(frozen=True)
class Arguments:
    """Draw curves.

    Args:
        table: A stored table; its first column names the lines.
        over: Key of the column that the scores are shown over; its texts are numbers.
        scores: Keys of columns of numbers, a plot for each.
        out: A PNG file.
    """

    table: Annotated[str, tyro.conf.Positional]
    over: str
    scores: tuple[str, ...]
    out: Path

    def check(self) -> None:
        """Refuse a table or column that there is not, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        if self.table not in names():
            raise InputError(f"{self.table}: no such table. Tables: {', '.join(names())}.")
        columns = read(self.table).columns
        for option, key in [("--over", self.over), *(("--scores", key) for key in self.scores)]:
            if key not in columns:
                raise InputError(f"{option} {key}: no such column. Columns: {', '.join(columns)}.")
        if not self.scores:
            raise InputError("One of --scores is needed at least.")
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from matplotlib.figure import Figure

    table = read(arguments.table)
    figure = Figure((4.2 * len(arguments.scores), 3.4), layout="constrained")
    plots = figure.subplots(1, len(arguments.scores), squeeze=False)[0]
    for plot, score in zip(plots, arguments.scores, strict=True):
        for name, points in curves(table, arguments.over, score).items():
            draw(plot, name.replace("`", ""), points)
        plot.set(title=table.columns[score], xlabel=table.columns[arguments.over], ylim=(0, None))
    plots[0].legend(fontsize=7)
    figure.savefig(arguments.out, dpi=100)


def curves(table: Table, over: str, score: str) -> dict[str, Points]:
    """A score's values by name and place, ascending.

    Args:
        table: The table.
        over: Key of the column of the places.
        score: Key of the score.

    Raises:
        InputError: A place or a score that is no number.
    """
    label = next(iter(table.columns))
    found: dict[str, Points] = {}
    for record in table.records:
        points = found.setdefault(record[label], {})
        points.setdefault(_number(over, record), []).append(_number(score, record))
    return {name: dict(sorted(points.items())) for name, points in found.items()}


def draw(plot: Any, name: str, points: Points) -> None:
    """Draw a name's points in a plot of Matplotlib, joined by a line."""
    middle = [mean(values) for values in points.values()]
    ends = zip(middle, points.values(), strict=True)
    around = [(m - min(values), max(values) - m) for m, values in ends]
    plot.errorbar([*points], middle, [*zip(*around, strict=True)], fmt="o-", capsize=3, label=name)


def _number(key: str, record: dict[str, Any]) -> float:
    try:
        return float(record[key])
    except (KeyError, TypeError, ValueError) as error:
        shown = record.get(key)
        raise InputError(f"column {key} must hold numbers alone. Received: {shown!r}.") from error


if __name__ == "__main__":
    as_command(main)
