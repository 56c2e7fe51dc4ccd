"""Short captions beside long ones: what a longer caption does to the pictures (No's thesis, V).

    python -m benchmarks.caption_length cub10-birds --data data/cub10 \
        --extractor squeezenet_v1_0.npz

The captions of a split of which the model knows a word fall, sorted by their number of words, into
parts of equal size. A model draws as many pictures for each part, with the same noises, and each
part is compared with the same real pictures: all of the split. `Found` is the share of pictures
whose nearest real picture, in the extractor's features, is of the caption's class.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from benchmarks.asked import at_least
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.task import TextToImageTask


@dataclass(frozen=True)
class Arguments:
    """Compare short and long captions.

    Args:
        model: A run of captions, or the name of a pretrained one.
        data: Prepared captioned pictures.
        extractor: The network of the distances.
        split: Split whose captions are drawn and whose pictures are the real ones.
        parts: Number of parts into which the captions fall.
        count: Number of pictures for each part.
    """

    model: Annotated[Path, tyro.conf.Positional]
    data: Path
    extractor: str
    split: str = "test"
    parts: int = 3
    count: int = 1000

    def check(self) -> None:
        """Refuse numbers that leave nothing to compare.

        Raises:
            InputError: Fewer than two parts, or than two pictures.
        """
        at_least(self, parts=2, count=2)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.images.batches import centre_crop, in_batches
    from keras_t2i.metrics.extractors.finding import find_extractor
    from keras_t2i.metrics.frechet import frechet_distance, moments
    from keras_t2i.metrics.kernel import kernel_distance
    from keras_t2i.metrics.manifold import nearest_neighbours, precision_recall
    from keras_t2i.metrics.resizing import clean
    from keras_t2i.pipelines.records import read_split

    network = find_extractor(arguments.extractor)

    def features(pictures: np.ndarray) -> np.ndarray:
        return in_batches(
            lambda some: network(clean(some.numpy(), network.size))["features"], pictures
        )

    task = opened(arguments.model, TextToImageTask, "a run that draws from captions")
    split = read_split(arguments.data, arguments.split)
    captions = np.array(split.captions, object)
    known = np.flatnonzero(task.tokenizer.knows(split.captions))
    if len(known) < arguments.parts:
        raise InputError(
            f"--parts must be at most {len(known)}, the captions of {arguments.data}'s split "
            f"{arguments.split} of which the model knows a word. Received: {arguments.parts}."
        )
    real = features(centre_crop(split.images[:], split.info.image_size))
    classes = np.repeat(split.labels, np.diff(split.caption_starts))
    words = np.array([len(caption.split()) for caption in captions])
    order = np.random.default_rng(0).permutation(known)
    order = order[np.argsort(words[order], kind="stable")]
    print("| words | captions | Fréchet | kernel | precision | recall | coverage | found |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for rows in np.array_split(order, arguments.parts):
        drawn = np.resize(np.random.default_rng(1).permutation(rows), arguments.count)
        pictures = task.draw(list(captions[drawn]), range(arguments.count), 1.0)
        seen = features(pictures)
        near = nearest_neighbours(seen, real)[0]
        scores = precision_recall(real, seen)
        print(
            f"| {words[rows].min()} to {words[rows].max()} | {len(rows):,} "
            f"| {frechet_distance(moments(real), moments(seen)):,.0f} "
            f"| {kernel_distance(real, seen)[0]:,.0f} "
            f"| {scores['precision']:.3f} | {scores['recall']:.3f} | {scores['coverage']:.3f} "
            f"| {np.mean(split.labels[near] == classes[drawn]):.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    as_command(main)
