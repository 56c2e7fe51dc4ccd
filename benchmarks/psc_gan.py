"""PSC-GAN's two comparisons (its tables 1 and 3), trained and judged on any labelled data.

    python -m pipelines.prepare faces --out data/faces
    python benchmarks/psc_gan.py --data data/faces --runs runs/psc

Every run is a run folder of `fit`: an interrupted comparison goes on where it stopped. The first
table has, for each seed of the unconditional GANs from random weights and from the pre-trained
decoder, whether it collapsed. The second has the share of the labels asked for that are read back
from the pictures, by the classifier that guided the training and by one that never took part.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tyro
from PIL import Image

from keras_t2i.catalogue import preset
from keras_t2i.images.grid import captioned_grid, grid_pictures
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.labels_to_image.initializers import RandomWeights
from keras_t2i.training.run import Run

PAPER = (
    "female, wavy, double eyelid",
    "female, straight, single eyelid",
    "male, curly, double eyelid",
    "male, straight, single eyelid",
)
LEAST_VARIETY = 1 / 3
SHOWN_EPOCHS, SHOWN = (0, 5, 10, 30), 3


@dataclass(frozen=True)
class Arguments:
    """Train and compare.

    Args:
        data: Prepared labelled pictures.
        runs: Folder for the runs.
        seeds: Seeds of the GANs of the first comparison.
        label_seeds: Seeds of the GANs of the second comparison.
        pictures: Number of judged pictures per run, or per run and combination.
        combinations: Label combinations of the second table; by default the paper's where the data
            have them, else the most frequent.
        like: The preset that gives every run its networks' sizes, epochs and average.
        literal: Train every GAN as the paper says: without augmentation, averages, random crop and
            mirror image, at one learning rate, and with a random dense layer before the decoder.
    """

    data: Path
    runs: Path
    seeds: tuple[int, ...] = (0, 1, 2)
    label_seeds: tuple[int, ...] = (0,)
    pictures: int = 256
    combinations: tuple[str, ...] = ()
    like: str = "psc-gan"
    literal: bool = False


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    judge = Run(arguments.runs / "judge")
    fit(preset("label-classifier"), arguments.data, judge)
    first = train(arguments, "psc-gan", arguments.label_seeds[0])
    others = [("pretrained-decoder-gan", s) for s in arguments.seeds]
    others += [("vanilla-gan", s) for s in arguments.seeds]
    unlabelled = {pair: train(arguments, *pair, reuse=first) for pair in others}
    labelled = {("psc-gan", arguments.label_seeds[0]): first}
    for seed in arguments.label_seeds:
        labelled["psc-gan", seed] = train(arguments, "psc-gan", seed, reuse=first)
        labelled["psc-gan-ablation", seed] = train(arguments, "psc-gan-ablation", seed, reuse=first)
    tables = {
        "judge": judge.summary("classifier")["test"],
        "collapse": collapse_table(arguments, unlabelled),
        "labels": label_table(arguments, labelled, judge),
    }
    shown = {**unlabelled, **{k: v for k, v in labelled.items() if k not in unlabelled}}
    progress_sheet(arguments, shown).save(arguments.runs / "progress.png")
    (arguments.runs / "tables.json").write_text(json.dumps(tables, indent=1))
    print(f"\njudge on unseen real pictures: {tables['judge']}\n")
    for name in ("collapse", "labels"):
        print(markdown(tables[name]))


def train(arguments: Arguments, name: str, seed: int, reuse: Run | None = None) -> Run:
    """The finished run of a preset and seed; all take the autoencoder of `reuse`."""
    like, autoencoder = preset(arguments.like), preset(arguments.like).autoencoder
    experiment = replace(preset(name), seed=seed, networks=like.networks)
    gan = replace(experiment.gan, epochs=like.gan.epochs, averaging=like.gan.averaging)
    if arguments.literal:
        plain = preset("psc-gan-literal").gan
        autoencoder = replace(autoencoder, data_augmentation=plain.data_augmentation)
        random = gan.initializer == RandomWeights()
        gan = replace(
            gan,
            initializer=gan.initializer if random else plain.initializer,
            augmentations=plain.augmentations,
            averaging=plain.averaging,
            data_augmentation=plain.data_augmentation,
            generator_learning_rate=plain.generator_learning_rate,
        )
    experiment = replace(experiment, gan=gan, autoencoder=autoencoder)
    run = Run(arguments.runs / f"{name}-{seed}")
    print(f"\n{run.path}")
    own = reuse is None or run.path == reuse.path or not gan.needs_autoencoder
    fit(experiment, arguments.data, run, reuse=None if own else reuse)
    return run


def progress_sheet(arguments: Arguments, runs: dict[tuple[str, int], Run]) -> Image.Image:
    """Each run's first sample row after some epochs, as its sample grids have it."""
    rows = []
    for run in runs.values():
        task = run.experiment.task(run, arguments.data)
        gan, side = run.experiment.gan, task.info.image_size
        steps = task.info.splits["train"].pictures // gan.batch_size
        sheets = [run.samples / f"samples-{epoch * steps:07d}.png" for epoch in SHOWN_EPOCHS]
        found = [grid_pictures(Image.open(sheet), side)[0, :SHOWN] for sheet in sheets]
        rows.append(np.concatenate(found))
    names = [f"{name}, seed {seed}" for name, seed in runs]
    headers = [f"epoch {e}" if i == 0 else "" for e in SHOWN_EPOCHS for i in range(SHOWN)]
    return captioned_grid(names, np.stack(rows), headers=headers)


def collapse_table(arguments: Arguments, runs: dict[tuple[str, int], Run]) -> list[dict]:
    """Variety and distance of each run, relative to real pictures, and whether it collapsed.

    Variety is the mean deviation of a pixel over pictures; distance that of a picture's nearest
    training picture (root mean square over pixels at 16×16). Real ones are unseen pictures. A run
    has collapsed if its variety is below a third of theirs.
    """
    rows = []
    for (name, seed), run in runs.items():
        task = run.experiment.task(run, arguments.data)
        train = small(task.spread_pictures(task.split, 4000))
        real = small(task.spread_pictures(task.unseen, arguments.pictures))
        labels = np.zeros((arguments.pictures, task.schema.width), "float32")
        made = small(task.sampler.sample(labels, range(1000, 1000 + arguments.pictures)))
        variety = made.std(0).mean() / real.std(0).mean()
        distance = nearest(made, train) / nearest(real, train)
        rows.append(
            {
                "GAN": name,
                "seed": seed,
                "variety": round(float(variety), 3),
                "distance": round(float(distance), 3),
                "collapsed": "yes" if variety < LEAST_VARIETY else "no",
            }
        )
    return rows


def label_table(arguments: Arguments, runs: dict[tuple[str, int], Run], judge: Run) -> list[dict]:
    """Share of labels read back for each run and combination, by guide and by judge."""
    from keras_t2i.metrics.condition_accuracy import condition_accuracy

    reader = judge.experiment.task(judge, arguments.data).classifier()
    rows = []
    for (name, seed), run in runs.items():
        task = run.experiment.task(run, arguments.data)
        schema, sampler = task.schema, task.sampler
        for text in arguments.combinations or known_combinations(task):
            labels = schema.parse(text)[None].repeat(arguments.pictures, 0)
            pictures = sampler.sample(labels, range(2000, 2000 + arguments.pictures))
            guide = condition_accuracy(schema, sampler.read(pictures), labels)
            rows.append(
                {
                    "GAN": name,
                    "seed": seed,
                    "combination": text,
                    "by its guide": round(guide, 3),
                    "by the judge": round(
                        condition_accuracy(schema, logits(reader, pictures), labels), 3
                    ),
                    "variety": round(float(pictures.std(0).mean()), 1),
                }
            )
    return rows


def known_combinations(task: object) -> tuple[str, ...]:
    """The paper's four where the data know their labels, else the four most frequent."""
    if set(", ".join(PAPER).split(", ")) <= set(task.schema.labels):
        return PAPER
    return tuple(task.facts["labels"][:4])


def logits(reader: ReadsLabels, pictures: np.ndarray) -> np.ndarray:
    """Label logits (N, n) that a classifier gives for pictures uint8 (N, S, S, 3)."""
    parts = [
        np.asarray(reader.features_and_logits(pictures[i : i + 64] / 127.5 - 1.0)[1])
        for i in range(0, len(pictures), 64)
    ]
    return np.concatenate(parts)


def small(pictures: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) averaged to 16×16, float32 (N, 768)."""
    count, side = pictures.shape[:2]
    blocks = pictures.reshape(count, 16, side // 16, 16, side // 16, 3)
    return blocks.mean((2, 4)).reshape(count, -1).astype("float32")


def nearest(some: np.ndarray, others: np.ndarray) -> float:
    """The mean distance of each of some to the nearest of others, a root mean square."""
    squares = (some**2).mean(1)[:, None] + (others**2).mean(1) - 2 * some @ others.T / some.shape[1]
    return float(np.sqrt(np.maximum(squares.min(1), 0)).mean())


def markdown(rows: list[dict]) -> str:
    """Rows as a table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
