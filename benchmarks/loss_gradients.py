"""Strength of a generator's gradient, by the critic's score of its picture.

    python -m benchmarks.loss_gradients --out loss-gradients.png

The survey's plot of log(1 − D) and −log D, from the losses that train here, with the others beside
them: the generator's loss and the size of its slope by the score s, over D = σ(s).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from benchmarks.asked import require_picture
from keras_t2i.adversarial.losses import LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.pipelines.command import run as as_command


@dataclass(frozen=True)
class Arguments:
    """Draw the plot.

    Args:
        out: A PNG file.
    """

    out: Path


def main() -> None:
    arguments = tyro.cli(Arguments)
    require_picture(arguments.out)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    import tensorflow as tf
    from matplotlib.figure import Figure

    scores = np.linspace(-6, 6, 241)
    answers = 1 / (1 + np.exp(-scores))
    figure = Figure((9, 3.6), layout="constrained")
    values, slopes = figure.subplots(1, 2)
    for loss in (Minimax(), NonSaturating(), LeastSquares(), Wasserstein()):
        points = [tf.Variable([score], dtype=tf.float32) for score in scores]
        found = []
        for point in points:
            with tf.GradientTape() as tape:
                value = loss.generated(point)
            slope = tape.gradient(value, point)
            found.append((float(value), abs(float(slope[0]))))
        value, slope = np.array(found).T
        name = type(loss).__name__
        values.plot(answers, value, label=name)
        slopes.plot(answers, slope, label=name)
        print(f"{name:14} slope where D = 0.01: {np.interp(0.01, answers, slope):.4f}")
    values.set(title="the generator's loss", xlabel="D(G(z))", ylim=(-6, 6))
    slopes.set(
        title="|slope by the critic's score|", xlabel="D(G(z))", yscale="log", ylim=(2e-3, 8)
    )
    values.legend(fontsize=8)
    figure.savefig(arguments.out, dpi=100)


if __name__ == "__main__":
    as_command(main)
