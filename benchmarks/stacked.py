"""StackGAN's second stage beside plain upsampling of the first, for the same captions and noises.

    python -m benchmarks.stacked runs/stack --extractor squeezenet_v1_0.npz \
        --captions "a black bird" "a white bird" --out both.png

Distances to the real training pictures, whose captions are drawn, and the detail that pictures of
half the side cannot hold: the mean difference to themselves when made half as large and back.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image

from benchmarks.asked import at_least, require_picture
from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.tasks.stacked_text_to_image.task import StackedTextToImageTask

_ROWS, _COLUMNS = 32, 6


@dataclass(frozen=True)
class Arguments:
    """Compare both stages.

    Args:
        run: Run folder of a stacked GAN.
        extractor: The network of the distances.
        split: Split whose captions are drawn and whose pictures are the real ones.
        count: Pictures of each, at most.
        captions: Captions to be drawn by both stages, side by side.
        out: The PNG of them.
    """

    run: Annotated[Path, tyro.conf.Positional]
    extractor: str
    split: str = "train"
    count: int = 400
    captions: tuple[str, ...] = ()
    out: Path = Path("both.png")

    def check(self) -> None:
        """Refuse too few pictures, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        at_least(self, count=2)
        require_picture(self.out)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.metrics.extractors.finding import find_extractor
    from keras_t2i.metrics.frechet import frechet_distance, moments
    from keras_t2i.metrics.kernel import kernel_distance
    from keras_t2i.metrics.resizing import clean
    from keras_t2i.pipelines.records import read_split

    what = "a run that draws from captions in two stages"
    task = opened(arguments.run, StackedTextToImageTask, what)
    see = find_extractor(arguments.extractor)
    split = read_split(task.data, arguments.split)
    if arguments.captions:
        task.both_grid(task.gan, arguments.captions, _COLUMNS).save(arguments.out)
    count = min(arguments.count, len(split.images))
    captions = [split.captions[start] for start in split.caption_starts[:count]]
    parts = [
        task.both_sizes(task.gan, captions[i : i + _ROWS], list(range(i, count))[:_ROWS])
        for i in range(0, count, _ROWS)
    ]
    first, second = (np.concatenate(each) for each in zip(*parts, strict=True))
    edge = (split.images.shape[1] - first.shape[1]) // 2
    inside = slice(edge, edge + first.shape[1])

    def features(pictures: np.ndarray) -> np.ndarray:
        rows = (clean(pictures[i : i + _ROWS], see.size) for i in range(0, len(pictures), _ROWS))
        return np.concatenate([see(some)["features"] for some in rows])

    real = split.images[:count, inside, inside]
    theirs = features(real)
    print("| | Fréchet distance | kernel distance | detail, levels |\n|---|---|---|---|")
    named = {"stage I, enlarged (bicubic)": first, "stage II": second, "real": real}
    for name, pictures in named.items():
        ours = features(pictures)
        far = frechet_distance(moments(theirs), moments(ours))
        kernel, _ = kernel_distance(theirs, ours, subsets=1)
        told = "| – | – " if pictures is real else f"| {far:,.0f} | {kernel:,.0f} "
        print(f"| {name} {told}| {detail(pictures):.2f} |")


def detail(pictures: np.ndarray) -> float:
    """Mean difference, in levels, of uint8 pictures to themselves halved and enlarged again."""
    apart = []
    for picture in pictures:
        image = Image.fromarray(picture)
        half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
        back = np.asarray(half.resize(image.size, Image.Resampling.BICUBIC), "float64")
        apart.append(np.abs(back - picture).mean())
    return float(np.mean(apart))


if __name__ == "__main__":
    as_command(main)
