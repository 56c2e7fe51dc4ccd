"""Histograms of a critic's weights: clipping drives them to its limits, a gradient penalty not.

    python -m benchmarks.critic_weights runs/wgan runs/wgan-gp --out weights.png

(Gulrajani et al. 2017, figure 1b.)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from benchmarks.asked import require_picture, require_runs
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task

if TYPE_CHECKING:
    from keras_t2i.adversarial.unconditional import UnconditionalGAN


@dataclass(frozen=True)
class Arguments:
    """Draw the histograms.

    Args:
        runs: GANs from noise alone.
        out: A PNG file.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path

    def check(self) -> None:
        """Refuse no run, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        require_runs(self.runs)
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from matplotlib.figure import Figure

    gans = [gan_of(path) for path in arguments.runs]
    figure = Figure((4.2 * len(gans), 3), layout="constrained")
    plots = figure.subplots(1, len(gans), squeeze=False)[0]
    for plot, path, gan in zip(plots, arguments.runs, gans, strict=True):
        kernels = [v for v in gan.discriminator.trainable_variables if len(v.shape) > 1]
        weights = np.concatenate([np.array(v).ravel() for v in kernels])
        limit = np.abs(weights).max()
        at_limit = np.mean(np.abs(weights) > 0.99 * limit)
        print(
            f"{path.name}: largest {limit:.4f}, {100 * at_limit:.1f} % of weights within 1 % of it"
        )
        plot.hist(weights, 101)
        plot.locator_params("x", nbins=5)
        plot.set(title=path.name, xlabel="weight", yscale="log")
    figure.savefig(arguments.out, dpi=100)


def gan_of(path: Path) -> "UnconditionalGAN":
    """The trained GAN of a run.

    Raises:
        InputError: A run of another kind, or a GAN with several critics.
    """
    from keras_t2i.adversarial.unconditional import UnconditionalGAN

    task = opened(path, Task, "a run of a GAN from noise alone")
    gan = task.trained(task.experiment.stages[-1])
    if not isinstance(gan, UnconditionalGAN):
        raise InputError(
            f"{path}: must be a GAN from noise alone with one critic. "
            f"Received: {type(gan).__name__}."
        )
    return gan


if __name__ == "__main__":
    as_command(main)
