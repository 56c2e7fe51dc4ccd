"""Share of translated pictures that reach the other domain, by an independent classifier.

    python -m keras_t2i.fit label-classifier --data data/celeba --run runs/judge
    python -m benchmarks.kinds runs/cycle --judge runs/judge

The judge reads unseen pictures of both domains. The table has the share that it reads as the second
domain: of the real pictures, of their translations, and of the pictures translated back; and how
far the last are from the first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.unpaired_image_to_image.task import UnpairedImageToImageTask


@dataclass(frozen=True)
class Arguments:
    """Judge a translator.

    Args:
        run: A finished run such as cycle-gan's.
        judge: A run of label-classifier on the same data.
    """

    run: Annotated[Path, tyro.conf.Positional]
    judge: Path


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    what = "a run that makes pictures of one domain another's"
    task = opened(arguments.run, UnpairedImageToImageTask, what)
    judge = opened(arguments.judge, LabelledTask, "a run that reads labels in pictures")
    reader = judge.classifier()
    names = task.experiment.domain_a, task.experiment.domain_b
    columns = [judge.schema.place(name) for name in names]

    def share(pictures: np.ndarray) -> float:
        """Share of pictures that look more like the second domain than like the first."""
        _, scores = reader.features_and_logits(np.asarray(pictures / 127.5 - 1.0, "float32"))
        scores = np.asarray(scores)
        return float((scores[:, columns[1]] > scores[:, columns[0]]).mean())

    print(
        f"| from | pictures | read as {names[1]}: real | translated | back | cycle error, levels |"
    )
    print("|---|---|---|---|---|---|")
    for name, pictures, back in zip(names, task.unseen_domains, (False, True), strict=True):
        there = task.translated(task.gan, pictures, back)
        again = task.translated(task.gan, there, not back)
        error = np.abs(again.astype("float64") - pictures).mean()
        shares = " | ".join(f"{share(some):.3f}" for some in (pictures, there, again))
        print(f"| {name} | {len(pictures)} | {shares} | {error:.1f} |")


if __name__ == "__main__":
    as_command(main)
