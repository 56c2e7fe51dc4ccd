"""Filters of a discriminator, drawn: guided gradients of the strongest answers (DCGAN, figure 5).

    python -m benchmarks.filters runs/dcgan --out filters.png

Left the features of the last convolution as they were trained, right those of a discriminator with
random weights, for the unseen real pictures that each answers to most. A gradient is drawn around
grey, as strong as its largest value. The line for each says how much of a gradient's energy lies in
the strongest tenth of the places: 0.1 for an even one, 1 for one that is a small part.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from benchmarks.asked import at_least, require_picture, require_seed
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.unconditional.task import UnconditionalTask


@dataclass(frozen=True)
class Arguments:
    """Draw what the last convolution answers to.

    Args:
        run: Run folder of a GAN from noise alone with DCGAN's critic.
        data: Folder of the run's data set, if it has moved.
        features: Number of features, the first ones.
        pictures: Number of pictures for each feature.
        among: Number of unseen pictures to choose from.
        seed: Seed of the random weights.
        out: A PNG file.
    """

    run: Annotated[Path, tyro.conf.Positional]
    data: Path | None = None
    features: int = 6
    pictures: int = 4
    among: int = 400
    seed: int = 0
    out: Path = Path("filters.png")

    def check(self) -> None:
        """Refuse numbers that are too small or large, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        at_least(self, features=1, pictures=1, among=1)
        if self.pictures > self.among:
            raise InputError(f"--pictures must be at most --among. Received: {self.pictures}.")
        require_seed(self.seed)
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    import keras

    from keras_t2i.images.grid import captioned_grid

    what = "a run that draws from noise alone"
    task = opened(arguments.run, UnconditionalTask, what, arguments.data)
    stage = task.experiment.stages[-1]
    trained = trunk_of(task.trained(stage).discriminator, str(arguments.run))
    keras.utils.set_random_seed(arguments.seed)
    random = trunk_of(task.model_of(stage).discriminator, "")
    channels = trained.channels[-1]
    if arguments.features > channels:
        raise InputError(
            f"--features must be at most {channels}, those of the last convolution. "
            f"Received: {arguments.features}."
        )
    real = task.spread_pictures(task.unseen, arguments.among)
    rows, names = [], []
    left, right = (
        answers(t, real, arguments.features, arguments.pictures) for t in (trained, random)
    )
    for feature, both in enumerate(zip(left, right, strict=True)):
        for place, what in enumerate(("answers to", "guided gradient")):
            rows.append(np.concatenate([half[place] for half in both]))
            names.append(f"feature {feature + 1} {what}")
        shares = " | ".join(f"{energy_in_a_tenth(half[2]):.3f}" for half in both)
        print(f"feature {feature + 1}: trained | random {shares}")
    halves = [f"trained {i + 1}" for i in range(len(left[0][0]))]
    halves += [f"random {i + 1}" for i in range(len(right[0][0]))]
    captioned_grid(names, np.stack(rows), headers=halves).save(arguments.out)
    means = [np.mean([energy_in_a_tenth(one[2]) for one in half]) for half in (left, right)]
    print(f"mean: trained | random {means[0]:.3f} | {means[1]:.3f}")
    print(arguments.out)


def trunk_of(discriminator: Any, of: str) -> Any:
    """The convolutions of a discriminator.

    Raises:
        InputError: A discriminator of another kind.
    """
    from keras_t2i.networks.trunks import DownTrunk

    found = [layer for layer in discriminator.layers if isinstance(layer, DownTrunk)]
    if len(found) != 1:
        raise InputError(
            f"{of}: its critic must have DCGAN's convolutions. Received: "
            f"{type(discriminator).__name__}."
        )
    return found[0]


def answers(
    trunk: Any, real: np.ndarray, features: int, count: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Strongest pictures of each feature, with guided gradients as pictures and as numbers.

    Args:
        trunk: The convolutions of a discriminator.
        real: Pictures uint8 (N, S, S, 3).
        features: Number of features, the first ones.
        count: Number of pictures for each.
    """
    from keras_t2i.images.batches import in_batches, scaled
    from keras_t2i.networks.guided import guided_gradient, responses

    strength = in_batches(lambda rows: responses(trunk, scaled(rows)), real)
    found = []
    for feature in range(features):
        order = np.argsort(-strength[:, feature], kind="stable")[:count]
        gradients = guided_gradient(trunk, scaled(real[order]), feature).numpy()
        found.append((real[order], around_grey(gradients), gradients))
    return found


def around_grey(gradients: np.ndarray) -> np.ndarray:
    """Gradients (N, S, S, 3) as uint8: 0 is grey, the largest value of each black or white."""
    largest = np.abs(gradients).max((1, 2, 3), keepdims=True)
    shares = np.divide(gradients, largest, out=np.zeros_like(gradients), where=largest > 0)
    return np.rint(127.5 + 127.5 * shares).astype("uint8")


def energy_in_a_tenth(gradients: np.ndarray) -> float:
    """The mean share of a gradient's squares that lies in the strongest tenth of the places."""
    energy = np.square(gradients.astype("float64")).sum(-1).reshape(len(gradients), -1)
    energy = -np.sort(-energy, axis=1)
    strongest = energy[:, : max(1, round(energy.shape[1] / 10))].sum(1)
    return float(np.mean(strongest / np.maximum(energy.sum(1), 1e-300)))


if __name__ == "__main__":
    as_command(main)
