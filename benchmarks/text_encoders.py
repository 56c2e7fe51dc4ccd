"""Sentence encoders beside each other: what they tell, how fast, how large.

    python -m benchmarks.text_encoders --data data/cub10 --runs runs/encoders

Trains the first stage of each preset on the same captions.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro

from keras_t2i.catalogue import preset
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.task import TextToImage
from keras_t2i.training.run import Run


@dataclass(frozen=True)
class Arguments:
    """Train and compare.

    Args:
        data: Prepared captioned pictures.
        runs: Folder for the runs; finished ones are taken as they are.
        presets: Presets whose encoders are compared.
    """

    data: Path
    runs: Path
    presets: tuple[str, ...] = (
        "self-attention-gan-narrow",
        "gan-int-cls-narrow",
        "transformer-gan-narrow",
        "gan-int-cls-characters-narrow",
    )


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.training.loop import train

    print(
        "| encoder of | weights | captions/s | steps | told, training (best possible) | held-out |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    for name in arguments.presets:
        experiment, run = preset(name), Run(arguments.runs / name)
        if not isinstance(experiment, TextToImage):
            raise InputError(f"--presets {name}: must be a preset of captions.")
        run.open(experiment, DatasetInfo.load(arguments.data), arguments.data)
        task, stage = experiment.task(run, arguments.data), experiment.encoder
        training = task.build(stage)
        told = run.summary(stage.name) or train(stage.name, training, run)
        weights = stage.encoder_of(training.model).count_params()
        print(
            f"| {name} | {weights:,} | {told['rows_per_second']:,.0f} | {told['steps']:,} "
            f"| {told['train_accuracy']:.3f} ({told['best_possible_train_accuracy']:.3f}) "
            f"| {told.get('held_out_accuracy', float('nan')):.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    as_command(main)
