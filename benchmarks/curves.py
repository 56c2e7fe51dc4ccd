"""Curves of the terms that runs logged in training, and of a watched score below.

    python -m benchmarks.curves runs/wgan runs/wgan-gp --tags critic/real+critic/fake --out x.png

Sums of tags are written with a plus: `critic/real+critic/fake` is minus the distance that a critic
of Wasserstein's loss measures.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.metrics import results_log
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


def main() -> None:
    arguments = tyro.cli(Arguments)
    from matplotlib.figure import Figure

    names = [*arguments.tags, *([arguments.score] if arguments.score else [])]
    figure = Figure((4.2 * len(names), 3.2), layout="constrained")
    plots = figure.subplots(1, len(names), squeeze=False)[0]
    for colour, path in enumerate(arguments.runs):
        run = Run(path)
        reported = run.logs(run.experiment.stages[-1].name) / "log.jsonl"
        lines = [json.loads(line) for line in reported.read_text().splitlines()]
        for plot, tag in zip(plots, arguments.tags, strict=False):
            parts = tag.split("+")
            held = [line for line in lines if all(part in line for part in parts)]
            if held:
                values = [sum(line[part] for part in parts) for line in held]
                plot.plot(
                    [line["step"] for line in held], values, color=f"C{colour}", label=path.name
                )
                print(f"{path.name}: {tag} {values[0]:.3f} … {values[-1]:.3f}")
        if arguments.score:
            found = [
                s for s in results_log.read(run.path / "evaluation") if s["name"] == arguments.score
            ]
            plots[-1].plot(
                [s["step"] for s in found], [s["value"] for s in found], "o-", color=f"C{colour}"
            )
            print(f"{path.name}: {arguments.score}", *(f"{s['value']:.4g}" for s in found))
    for plot, name in zip(plots, names, strict=True):
        plot.set(title=name, xlabel="step")
    plots[0].legend(fontsize=8)
    figure.savefig(arguments.out, dpi=100)


if __name__ == "__main__":
    main()
