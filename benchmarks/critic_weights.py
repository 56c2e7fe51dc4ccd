"""Histograms of a critic's weights: clipping drives them to its limits, a gradient penalty not.

    python -m benchmarks.critic_weights runs/wgan runs/wgan-gp --out weights.png

(Gulrajani et al. 2017, figure 1b.)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from keras_t2i.loading import load
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.points.task import PointsTask
from keras_t2i.tasks.unconditional.task import UnconditionalTask


@dataclass(frozen=True)
class Arguments:
    """Draw the histograms.

    Args:
        runs: GANs from noise alone.
        out: A PNG file.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from matplotlib.figure import Figure

    from keras_t2i.adversarial.unconditional import UnconditionalGAN

    figure = Figure((4.2 * len(arguments.runs), 3), layout="constrained")
    for plot, path in zip(
        figure.subplots(1, len(arguments.runs), squeeze=False)[0], arguments.runs, strict=True
    ):
        task = load(path)
        if not isinstance(task, UnconditionalTask | PointsTask):
            raise InputError(f"{task!r} is no GAN from noise alone.")
        gan = task.gan
        if not isinstance(gan, UnconditionalGAN):
            raise InputError(f"{path}: must have one critic. Received: {type(gan).__name__}.")
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


if __name__ == "__main__":
    as_command(main)
