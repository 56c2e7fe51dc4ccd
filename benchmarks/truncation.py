"""Truncation's effect: precision and recall over the factor of the noise, as a plot.

    python -m benchmarks.truncation cub10-birds drawn-birds --data data/cub10 data/birds \
        --extractor squeezenet_v1_0.npz --out truncation.png

For each factor a model draws pictures for the conditions of unseen real ones, with the same noises
times the factor, and they are compared with all of these real pictures. Apart is the mean
perceptual distance of two pictures of one condition, drawn with two noises.
"""

from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from benchmarks.asked import at_least, require_picture
from benchmarks.opening import extractor_of_maps, opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.task import TextToImageTask

if TYPE_CHECKING:
    from keras_t2i.metrics.extractors import GivesMaps
    from keras_t2i.pipelines.records import Split

Row = dict[str, float]
_CURVES = ("precision", "recall", "coverage")


@dataclass(frozen=True)
class Arguments:
    """Plot what truncation does to models.

    Args:
        models: Runs of captions, or names of pretrained ones.
        data: The prepared data of each.
        extractor: The network of the distances.
        factors: Factors of the noise, in [0, 1].
        count: Number of pictures for each factor.
        pairs: Number of pairs of one condition, at most `count`.
        split: Split whose captions are drawn and whose pictures are the real ones.
        out: A PNG file.
    """

    models: Annotated[tuple[Path, ...], tyro.conf.Positional]
    data: tuple[Path, ...]
    extractor: str
    factors: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    count: int = 500
    pairs: int = 40
    split: str = "test"
    out: Path = Path("truncation.png")

    def check(self) -> None:
        """Refuse what cannot be drawn.

        Raises:
            InputError: No model, not as many data sets as models, no factor or one outside [0, 1],
                too few pictures or pairs, or a place that takes no PNG.
        """
        if not self.models or not self.factors:
            raise InputError("A model and one of --factors are needed at least.")
        if len(self.data) != len(self.models):
            raise InputError(f"--data: {len(self.models)} are needed, one for each model.")
        for factor in self.factors:
            if not 0 <= factor <= 1:
                raise InputError(f"--factors must be in [0, 1]. Received: {factor}.")
        at_least(self, count=2, pairs=1)
        if self.pairs > self.count:
            raise InputError(f"--pairs must be at most --count. Received: {self.pairs}.")
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from matplotlib.figure import Figure

    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    asked = [*map(asked_of, arguments.models, arguments.data, repeat(arguments.split))]
    extractor = extractor_of_maps(arguments.extractor)
    figure = Figure((4.2 * len(arguments.models), 3.2), layout="constrained")
    plots = figure.subplots(1, len(arguments.models), squeeze=False)[0]
    print("| model | factor | Fréchet | kernel | precision | recall | coverage | apart |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for plot, model, (task, split) in zip(plots, arguments.models, asked, strict=True):
        rows = measured(arguments, model.name, task, split, extractor)
        for name in _CURVES:
            plot.plot(arguments.factors, [row[name] for row in rows], marker="o", label=name)
        plot.set(title=model.name, xlabel="factor of the noise", ylim=(-0.02, 1.02))
    plots[0].legend()
    figure.savefig(arguments.out, dpi=100)


def asked_of(model: Path, data: Path, name: str) -> tuple[TextToImageTask, "Split"]:
    """A model and the split that it is measured on.

    Raises:
        InputError: Another kind of model, no such split, or one whose captions it cannot read.
    """
    from keras_t2i.pipelines.records import read_split

    task = opened(model, TextToImageTask, "a run that draws from captions")
    split = read_split(data, name)
    if not task.tokenizer.knows(split.captions).any():
        raise InputError(f"{data}: {model} knows no word of the split {name}.")
    return task, split


def measured(
    arguments: Arguments,
    name: str,
    task: TextToImageTask,
    split: "Split",
    extractor: "GivesMaps",
) -> list[Row]:
    """Scores of a model for each factor; printed with its name as they come."""
    from keras_t2i.images.batches import centre_crop, in_batches
    from keras_t2i.metrics.frechet import frechet_distance, moments
    from keras_t2i.metrics.kernel import kernel_distance
    from keras_t2i.metrics.manifold import precision_recall
    from keras_t2i.metrics.perceptual import perceptual_distance
    from keras_t2i.metrics.resizing import clean

    side, maps = extractor.size, extractor.maps

    def features(pictures: np.ndarray) -> np.ndarray:
        return in_batches(lambda some: extractor(clean(some.numpy(), side))["features"], pictures)

    real = features(centre_crop(split.images[:], split.info.image_size))
    known = np.flatnonzero(task.tokenizer.knows(split.captions))
    asked = np.resize(np.random.default_rng(0).permutation(known), arguments.count)
    captions = [split.captions[row] for row in asked]
    rows = []
    for factor in arguments.factors:
        drawn = task.draw(captions, range(arguments.count), factor)
        again = task.draw(
            captions[: arguments.pairs], range(10_000, 10_000 + arguments.pairs), factor
        )
        seen = features(drawn)
        apart = [
            perceptual_distance(*(maps(clean(some[None], side)) for some in pair))[0]
            for pair in zip(drawn, again, strict=False)
        ]
        row: Row = {
            "frechet": frechet_distance(moments(real), moments(seen)),
            "kernel": kernel_distance(real, seen)[0],
            **precision_recall(real, seen),
            "apart": float(np.mean(apart)),
        }
        print(
            f"| {name} | {factor} | {row['frechet']:,.0f} | {row['kernel']:,.0f} "
            f"| {row['precision']:.3f} | {row['recall']:.3f} | {row['coverage']:.3f} "
            f"| {row['apart']:.5f} |",
            flush=True,
        )
        rows.append(row)
    return rows


if __name__ == "__main__":
    as_command(main)
