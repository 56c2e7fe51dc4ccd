"""The effect of faint noise and blur, which hardly show, on precision: of real and drawn pictures.

    python -m benchmarks.faint_noise drawn-faces --data data/faces --extractor squeezenet_v1_0.npz

Training pictures are compared with unseen ones: as they are, with noise of some levels of 255, and
blurred. Pictures of the run, for the labels of the unseen ones, are compared as they are and
smoothed where neighbours hardly differ (a bilateral filter), which takes texture away and leaves
outlines.
"""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from benchmarks.asked import at_least
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.labels_to_image.drawing_task import LabelDrawingTask


@dataclass(frozen=True)
class Arguments:
    """Compare pictures of a run of labels.

    Args:
        run: The run, or the name of a pretrained model.
        data: The prepared data.
        extractor: The network of the features.
        count: Number of pictures of each row.
        noises: Standard deviations of the noise, in levels of 255.
        blurs: Standard deviations of the blur, in pixels.
        smoothings: Differences of neighbours, in levels of 255, up to which they are smoothed.
    """

    run: Annotated[Path, tyro.conf.Positional]
    data: Path
    extractor: str
    count: int = 300
    noises: tuple[float, ...] = (1.0, 2.0, 4.0)
    blurs: tuple[float, ...] = (0.5,)
    smoothings: tuple[float, ...] = (8.0, 15.0)

    def check(self) -> None:
        """Refuse numbers of which nothing can be made.

        Raises:
            InputError: Fewer than two pictures, or a deviation or difference that is not above 0.
        """
        at_least(self, count=2)
        for name in ("noises", "blurs", "smoothings"):
            for number in getattr(self, name):
                if not 0 < number < inf:
                    raise InputError(f"--{name} must be above 0, and finite. Received: {number}.")


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.metrics.extractors.finding import find_extractor
    from keras_t2i.metrics.frechet import frechet_distance, moments
    from keras_t2i.metrics.manifold import precision_recall
    from keras_t2i.metrics.resizing import clean
    from keras_t2i.pipelines.labels import label_vectors

    network = find_extractor(arguments.extractor)
    what = "a run that draws from labels"
    task = opened(arguments.run, LabelDrawingTask, what, arguments.data)
    train = task.spread_pictures(task.split, arguments.count)
    rows = np.arange(arguments.count) % len(task.unseen.images)
    labels = label_vectors(task.unseen)[rows].astype("float32")
    drawn = task.sampler.sample(labels, range(1000, 1000 + arguments.count))

    def features(pictures: np.ndarray) -> np.ndarray:
        return network(clean(pictures, network.size))["features"]

    real = features(task.spread_pictures(task.unseen, len(task.unseen.images)))
    print("| pictures | Fréchet | precision | recall | coverage |\n|---|---|---|---|---|")

    def show(name: str, pictures: np.ndarray) -> None:
        found = features(pictures)
        scores = precision_recall(real, found)
        distance = frechet_distance(moments(found), moments(real))
        cells = (f"{scores[k]:.3f}" for k in ("precision", "recall", "coverage"))
        print(f"| {name} | {distance:.0f} | " + " | ".join(cells) + " |", flush=True)

    show("training", train)
    for deviation in arguments.noises:
        show(f"training, noise of {deviation:g}", noisy(train, deviation))
    for deviation in arguments.blurs:
        show(f"training, blur of {deviation:g}", blurred(train, deviation))
    show("drawn", drawn)
    for difference in arguments.smoothings:
        show(f"drawn, smoothed up to {difference:g}", smoothed(drawn, difference))
        show(f"training, smoothed up to {difference:g}", smoothed(train, difference))


def noisy(pictures: np.ndarray, deviation: float) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) with normal noise of a deviation in levels."""
    noise = np.random.default_rng(0).normal(0, deviation, pictures.shape)
    return np.clip(np.rint(pictures + noise), 0, 255).astype("uint8")


def blurred(pictures: np.ndarray, deviation: float) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) under a Gaussian blur of a deviation in pixels."""
    from PIL import Image, ImageFilter

    filtered = ImageFilter.GaussianBlur(deviation)
    return np.stack([np.asarray(Image.fromarray(one).filter(filtered)) for one in pictures])


def smoothed(
    pictures: np.ndarray, difference: float, deviation: float = 2.0, radius: int = 3
) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) under a bilateral filter (Tomasi and Manduchi 1998).

    Args:
        pictures: The pictures.
        difference: Deviation of the weight over colours, in levels.
        deviation: Deviation of the weight over places, in pixels.
        radius: Farthest neighbour in either direction, in pixels.
    """
    values, side = pictures.astype("float32"), pictures.shape[1]
    padded = np.pad(values, ((0, 0), (radius, radius), (radius, radius), (0, 0)), "edge")
    total, weights = np.zeros_like(values), np.zeros((*values.shape[:3], 1), "float32")
    for down in range(2 * radius + 1):
        for right in range(2 * radius + 1):
            other = padded[:, down : down + side, right : right + side]
            far = ((down - radius) ** 2 + (right - radius) ** 2) / deviation**2
            unlike = ((other - values) ** 2).sum(-1, keepdims=True) / difference**2
            weight = np.exp(-0.5 * (far + unlike))
            total += weight * other
            weights += weight
    return np.clip(np.rint(total / weights), 0, 255).astype("uint8")


if __name__ == "__main__":
    as_command(main)
