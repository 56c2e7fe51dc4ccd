"""Translators of pictures beside what needs no learning, on unseen pictures.

    python -m benchmarks.translation runs/srgan runs/srresnet --extractor squeezenet_v1_0.npz

PSNR, SSIM, mean absolute difference, PSNR within the hole, and a perceptual distance. Holes are
also filled by scikit-image (biharmonic equation).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from benchmarks.asked import at_least
from benchmarks.opening import extractor_of_maps, opened
from keras_t2i.metrics.extractors import GivesMaps
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.image_to_image.task import ImageToImageTask


@dataclass(frozen=True)
class Arguments:
    """Compare runs from pictures to pictures.

    Args:
        runs: Run folders of the same task on the same data.
        extractor: The network of the perceptual distance.
        count: Unseen pictures.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    extractor: str
    count: int = 128

    def check(self) -> None:
        """Refuse no run, two with one name, and no picture.

        Raises:
            InputError: Such a value.
        """
        names = [path.name for path in self.runs]
        if not names or len(set(names)) < len(names):
            raise InputError(f"Runs are needed, each with a name of its own. Received: {names}.")
        at_least(self, count=1)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.images.batches import to_uint8
    from keras_t2i.tasks.image_to_image.rivals import rivals

    what = "a run that makes pictures of pictures"
    tasks = [opened(path, ImageToImageTask, what) for path in arguments.runs]
    extractor = extractor_of_maps(arguments.extractor)
    batch = tasks[0].pairs(arguments.count)
    for task in tasks[1:]:
        if not same(task.pairs(arguments.count), batch):
            raise InputError(f"{task!r} does not see the pictures of {tasks[0]!r} from the first.")
    drawn = {task.run.path.name: task.sampler.translate(batch["source"]) for task in tasks}
    real = to_uint8(batch["image"])
    drawn |= rivals(batch["source"], real.shape[1])
    mask = batch["source"][..., 3] if batch["source"].shape[-1] == 4 else None
    if mask is not None:
        drawn["biharmonic (scikit-image)"] = inpainted(batch["source"], mask)
    print("| | PSNR, dB | SSIM | difference, levels | PSNR in the hole, dB | perceptual distance |")
    print("|---|---|---|---|---|---|")
    for name, pictures in drawn.items():
        print(row(name, pictures, real, mask, extractor))


def same(some: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> bool:
    """Whether two batches hold the same pictures and sources."""
    return all(np.array_equal(some[name], others[name]) for name in ("source", "image"))


def row(
    name: str, pictures: np.ndarray, real: np.ndarray, mask: np.ndarray | None, see: GivesMaps
) -> str:
    """A line of the table."""
    from keras_t2i.metrics.perceptual import perceptual_distance
    from keras_t2i.metrics.resizing import clean
    from keras_t2i.tasks.image_to_image.fidelity import fidelity, hole_psnr

    told = fidelity(pictures, real)
    hole = "–" if mask is None else f"{hole_psnr(pictures, real, mask):.2f}"
    apart = np.concatenate(
        [
            perceptual_distance(
                *(see.maps(clean(p[i : i + 32], see.size)) for p in (pictures, real))
            )
            for i in range(0, len(real), 32)
        ]
    )
    return (
        f"| {name} | {told['psnr']:.2f} | {told['ssim']:.3f} | {told['l1']:.1f} | {hole} "
        f"| {apart.mean():.5f} |"
    )


def inpainted(sources: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Holes filled by the biharmonic equation: uint8 (N, S, S, 3)."""
    try:
        from skimage.restoration import inpaint_biharmonic
    except ModuleNotFoundError as error:
        raise InputError(
            "Holes are filled by scikit-image too: pip install 'keras-t2i[benchmarks]'."
        ) from error

    from keras_t2i.images.batches import to_uint8

    filled = [
        inpaint_biharmonic(source[..., :3].astype("float64"), mask > 0.5, channel_axis=-1)
        for source, mask in zip(sources, masks, strict=True)
    ]
    return to_uint8(np.stack(filled))


if __name__ == "__main__":
    as_command(main)
