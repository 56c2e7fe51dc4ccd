"""Curves of the terms that runs logged in training, and of a watched score below.

    python -m benchmarks.curves runs/wgan runs/wgan-gp --tags critic/real+critic/fake --out x.png

Sums of tags are written with a plus: `critic/real+critic/fake` is minus the distance that a critic
of Wasserstein's loss measures.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.asked import require_picture, require_runs
from benchmarks.logged import logged
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run


@dataclass(frozen=True)
class Arguments:
    """Draw curves.

    Args:
        runs: Run folders, whose last stages are shown.
        tags: Names of logged terms; one plot for each.
        score: The name of a score that was watched, such as frechet, in a further plot.
        out: A PNG file.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path
    tags: tuple[str, ...] = ("answer/real", "answer/fake")
    score: str = ""

    def check(self) -> None:
        """Refuse nothing to show, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        require_runs(self.runs)
        if not self.tags and not self.score:
            raise InputError("One of --tags, or a --score, is needed at least.")
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from matplotlib.figure import Figure

    runs = [Run(path) for path in arguments.runs]
    logs = [logged(run) for run in runs]
    for tag in arguments.tags:
        require_logged(tag, logs)
    scores = [scores_of(run, arguments.score) if arguments.score else [] for run in runs]
    names = [*arguments.tags, *([arguments.score] if arguments.score else [])]
    figure = Figure((4.2 * len(names), 3.2), layout="constrained")
    plots = figure.subplots(1, len(names), squeeze=False)[0]
    for colour, (path, lines, found) in enumerate(zip(arguments.runs, logs, scores, strict=True)):
        for plot, tag in zip(plots, arguments.tags, strict=False):
            if held := holding(tag, lines):
                values = [sum(line[part] for part in tag.split("+")) for line in held]
                plot.plot(
                    [line["step"] for line in held], values, color=f"C{colour}", label=path.name
                )
                print(f"{path.name}: {tag} {values[0]:.3f} … {values[-1]:.3f}")
        if arguments.score:
            plots[-1].plot(
                [s["step"] for s in found], [s["value"] for s in found], "o-", color=f"C{colour}"
            )
            print(f"{path.name}: {arguments.score}", *(f"{s['value']:.4g}" for s in found))
    for plot, name in zip(plots, names, strict=True):
        plot.set(title=name, xlabel="step")
    plots[0].legend(fontsize=8)
    figure.savefig(arguments.out, dpi=100)


def holding(tag: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a log that hold all terms of a tag."""
    return [line for line in lines if all(part in line for part in tag.split("+"))]


def require_logged(tag: str, logs: list[list[dict[str, Any]]]) -> None:
    """Refuse a tag that no run logged.

    Raises:
        InputError: Such a tag; the message lists those that were logged.
    """
    if not any(holding(tag, lines) for lines in logs):
        names = sorted({name for lines in logs for line in lines for name in line} - {"step"})
        raise InputError(f"--tags {tag}: no run logged it. Logged: {', '.join(names)}.")


def scores_of(run: Run, name: str) -> list[results_log.Line]:
    """The scores of a name that were taken of a run.

    Raises:
        InputError: There are none; the message lists the names of those that there are.
    """
    lines = results_log.read(run.path / "evaluation")
    found = [line for line in lines if line["name"] == name]
    if not found:
        names = sorted({line["name"] for line in lines})
        raise InputError(f"--score {name}: {run.path} has none. It has: {', '.join(names)}.")
    return found


if __name__ == "__main__":
    as_command(main)
