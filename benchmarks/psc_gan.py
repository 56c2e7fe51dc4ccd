"""PSC-GAN's two comparisons (its tables 1 and 3), trained and judged on any labelled data.

    python -m pipelines.prepare faces --out data/faces
    python -m benchmarks.psc_gan --data data/faces --runs runs/psc

Every run is a run folder of `fit`: an interrupted comparison goes on where it stopped. The first
table has, for each seed of the unconditional GANs from random weights and from the pre-trained
decoder, whether it collapsed. The second has the share of the labels asked for that are read back
from the pictures, by the classifier that guided the training and by one that never took part.
With `--extractor` both have distances to real pictures too.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tyro
from PIL import Image

from benchmarks.asked import at_least
from benchmarks.opening import extractor_of_maps, opened
from keras_t2i.catalogue import preset
from keras_t2i.images.grid import captioned_grid, grid_pictures
from keras_t2i.metrics.extractors import GivesMaps
from keras_t2i.metrics.frechet import frechet_distance, moments
from keras_t2i.metrics.kernel import kernel_distance
from keras_t2i.metrics.perceptual import perceptual_distance
from keras_t2i.metrics.resizing import clean
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.arguments import whole_number
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.labels import label_vectors
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.opening import task_of
from keras_t2i.tasks.labels_to_image.initializers import RandomWeights
from keras_t2i.tasks.labels_to_image.task import LabelsToImage, LabelsToImageTask
from keras_t2i.training.run import Run

PAPER = (
    "female, wavy, double eyelid",
    "female, straight, single eyelid",
    "male, curly, double eyelid",
    "male, straight, single eyelid",
)
LEAST_VARIETY = 1 / 3
SHOWN_EPOCHS, SHOWN = (0, 5, 10, 30), 3
SHOWN_NOISES, PAIRS = 8, 40
LABELLED = ("psc-gan", "psc-gan-ablation", "psc-gan-ablation-random")
LITERAL = LABELLED[:2]  # to the letter the ablation's dense layer is random already
UNLABELLED = ("pretrained-decoder-gan", "vanilla-gan")


@dataclass(frozen=True)
class Arguments:
    """Train and compare.

    Args:
        data: Prepared labelled pictures.
        runs: Folder for the runs.
        seeds: Seeds of the GANs of the first comparison.
        label_seeds: Seeds of the GANs of the second comparison.
        pictures: Number of judged pictures per run, or per run and combination.
        extractor: Network of the distances, as `evaluate` takes it; none are measured if left out.
        combinations: Label combinations of the second table; by default the paper's where the data
            have them, else the most frequent.
        like: The preset that gives every run its networks' sizes, epochs and average.
        literal: Train every GAN as the paper says: without augmentation, averages, random crop and
            mirror image, at one learning rate, and with a random dense layer before the decoder.
    """

    data: Path
    runs: Path
    seeds: tuple[int, ...] = (0, 1, 2)
    label_seeds: tuple[int, ...] = (0, 1, 2)
    pictures: int = 256
    extractor: str | None = None
    combinations: tuple[str, ...] = ()
    like: str = "psc-gan"
    literal: bool = False

    def check(self) -> None:
        """Refuse what would end the comparison after its trainings.

        Raises:
            InputError: No seed, one twice or one that is not to be had, too few pictures, data that
                do not fit the presets, or a combination that they do not have.
        """
        at_least(self, pictures=2)
        for name, seeds in (("--seeds", self.seeds), ("--label-seeds", self.label_seeds)):
            if not seeds or len(set(seeds)) < len(seeds):
                raise InputError(f"{name} must be different, and one at least. Received: {seeds}.")
            for seed in seeds:
                whole_number(seed, name, 0, 2**32 - 1)
        info = DatasetInfo.load(self.data)
        for name in (*LABELLED, *UNLABELLED):
            experiment_of(self, name, self.seeds[0]).check_data(info)
        for text in self.combinations:
            AttributeSchema(info.attributes).parse(text)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    distances = Distances(extractor_of_maps(arguments.extractor)) if arguments.extractor else None
    judge = Run(arguments.runs / "judge")
    fit(preset("label-classifier"), arguments.data, judge)
    first = train(arguments, LABELLED[0], arguments.label_seeds[0])
    unlabelled = {
        (name, seed): train(arguments, name, seed, first)
        for name in UNLABELLED
        for seed in arguments.seeds
    }
    labelled = {
        (name, seed): train(arguments, name, seed, first)
        for name in (LITERAL if arguments.literal else LABELLED)
        for seed in arguments.label_seeds
    }
    told = judge.summary("classifier")
    assert told is not None  # `fit` has ended
    collapse = collapse_table(arguments, unlabelled, distances)
    labels = label_table(arguments, labelled, judge, distances)
    tables = {"judge": told["test"], "collapse": collapse, "labels": labels}
    (arguments.runs / "tables.json").write_text(json.dumps(tables, indent=1))
    progress = progress_sheet(arguments, unlabelled | labelled)
    if progress is not None:
        progress.save(arguments.runs / "progress.png")
    combination_sheet(arguments, labelled).save(arguments.runs / "combinations.png")
    print(f"\njudge on unseen real pictures: {told['test']}\n")
    for rows in (collapse, labels):
        print(markdown(rows))


def label_preset(name: str) -> LabelsToImage:
    """The experiment of a preset.

    Raises:
        InputError: No such preset, or not one of a GAN of labels.
    """
    experiment = preset(name)
    if not isinstance(experiment, LabelsToImage):
        raise InputError(f"--like must be a preset of PSC-GAN. Received: {name!r}.")
    return experiment


def experiment_of(arguments: Arguments, name: str, seed: int) -> LabelsToImage:
    """A preset's experiment, of the size and length of `--like`."""
    like, plain = label_preset(arguments.like), label_preset("psc-gan-literal")
    experiment = label_preset(name)
    gan = replace(experiment.gan, epochs=like.gan.epochs, averaging=like.gan.averaging)
    source = plain if arguments.literal else experiment
    drawn = source.networks
    networks = replace(like.networks, enlarging=drawn.enlarging, doubling=drawn.doubling)
    autoencoder = like.autoencoder
    if arguments.literal:
        autoencoder = replace(autoencoder, data_augmentation=plain.autoencoder.data_augmentation)
        random = gan.initializer == RandomWeights()
        gan = replace(
            plain.gan,
            epochs=gan.epochs,
            conditioned=gan.conditioned,
            generator_terms=gan.generator_terms,
            initializer=gan.initializer if random else plain.gan.initializer,
        )
    return replace(experiment, seed=seed, networks=networks, autoencoder=autoencoder, gan=gan)


def train(arguments: Arguments, name: str, seed: int, reuse: Run | None = None) -> Run:
    """The finished run of a preset and seed; all take the autoencoder of `reuse`."""
    experiment = experiment_of(arguments, name, seed)
    run = Run(arguments.runs / f"{name}-{seed}")
    print(f"\n{run.path}")
    own = reuse is None or run.path == reuse.path or not experiment.gan.needs_autoencoder
    fit(experiment, arguments.data, run, reuse=None if own else reuse)
    return run


def drawing(run: Run, data: Path) -> LabelsToImageTask:
    """A run of `train` as its task."""
    return opened(run.path, LabelsToImageTask, "a run of PSC-GAN", data)


class Distances:
    """Distances of pictures to real ones in a network's features.

    Args:
        extractor: The network.
    """

    def __init__(self, extractor: GivesMaps) -> None:
        self._network = extractor

    def __call__(self, drawn: np.ndarray, real: np.ndarray) -> dict[str, float]:
        """Three distances of pictures uint8 (N, S, S, 3) and (M, S, S, 3); lower is better.

        The perceptual one is the mean over pairs of a drawn and a real picture, drawn at random.
        """
        some, others = (self._seen(pictures) for pictures in (drawn, real))
        ours, theirs = (self._network(part)["features"] for part in (some, others))
        count = min(PAIRS, len(some))
        pairs = np.random.default_rng(0).integers(len(others), size=count)
        apart = perceptual_distance(
            self._network.maps(some[:count]), self._network.maps(others[pairs])
        )
        return {
            "Fréchet": round(frechet_distance(moments(ours), moments(theirs)), 1),
            "kernel": round(kernel_distance(ours, theirs)[0], 1),
            "perceptual": round(float(apart.mean()), 5),
        }

    def _seen(self, pictures: np.ndarray) -> np.ndarray:
        return clean(pictures, self._network.size)


def progress_sheet(arguments: Arguments, runs: dict[tuple[str, int], Run]) -> Image.Image | None:
    """Each run's first sample row after some epochs, as its sample grids have it.

    A run that was trained on another machine has no such grids and no row; `None` if no run has.
    """
    rows, names = [], []
    for (name, seed), run in runs.items():
        task = drawing(run, arguments.data)
        gan, side = task.experiment.gan, task.info.image_size
        steps = task.info.splits["train"].pictures // gan.batch_size
        sheets = [run.samples / f"samples-{epoch * steps:07d}.png" for epoch in SHOWN_EPOCHS]
        if all(sheet.exists() for sheet in sheets):
            found = [grid_pictures(Image.open(sheet), side)[0, :SHOWN] for sheet in sheets]
            rows.append(np.concatenate(found))
            names.append(f"{name}, seed {seed}")
    headers = [f"epoch {e}" if i == 0 else "" for e in SHOWN_EPOCHS for i in range(SHOWN)]
    return captioned_grid(names, np.stack(rows), headers=headers) if rows else None


def combination_sheet(arguments: Arguments, runs: dict[tuple[str, int], Run]) -> Image.Image:
    """Pictures of each labelled GAN's first seed, a row for each combination (figures 8–11)."""
    rows, names = [], []
    for (name, seed), run in runs.items():
        if seed != arguments.label_seeds[0]:
            continue
        task = drawing(run, arguments.data)
        for text in arguments.combinations or known_combinations(task):
            rows.append(task.draw([text] * SHOWN_NOISES, range(SHOWN_NOISES), 1.0))
            names.append(f"{name}: {text}")
    return captioned_grid(names, np.stack(rows))


def collapse_table(
    arguments: Arguments, runs: dict[tuple[str, int], Run], distances: Distances | None
) -> list[dict]:
    """Variety and distance of each run, relative to real pictures, and whether it collapsed.

    Variety is the mean deviation of a pixel over pictures; distance that of a picture's nearest
    training picture (root mean square over pixels at 16×16). Real ones are unseen pictures. A run
    has collapsed if its variety is below a third of theirs.
    """
    rows = []
    for (name, seed), run in runs.items():
        task = drawing(run, arguments.data)
        train = small(task.spread_pictures(task.split, 4000))
        unseen = task.spread_pictures(task.unseen, arguments.pictures)
        labels = np.zeros((arguments.pictures, task.schema.width), "float32")
        pictures = task.sampler.sample(labels, range(1000, 1000 + arguments.pictures))
        real, made = small(unseen), small(pictures)
        variety = made.std(0).mean() / real.std(0).mean()
        distance = nearest(made, train) / nearest(real, train)
        rows.append(
            {
                "GAN": name,
                "seed": seed,
                "variety": round(float(variety), 3),
                "distance": round(float(distance), 3),
                "collapsed": "yes" if variety < LEAST_VARIETY else "no",
                **(distances(pictures, unseen) if distances else {}),
            }
        )
    return rows


def label_table(
    arguments: Arguments,
    runs: dict[tuple[str, int], Run],
    judge: Run,
    distances: Distances | None,
) -> list[dict]:
    """Share of labels read back for each run and combination, by guide and by judge.

    Distances are to all training pictures with these labels.
    """
    from keras_t2i.metrics.condition_accuracy import condition_accuracy

    reader = task_of(judge, arguments.data).classifier()
    rows = []
    for (name, seed), run in runs.items():
        task = drawing(run, arguments.data)
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
                    **(distances(pictures, with_labels(task, labels[0])) if distances else {}),
                }
            )
    return rows


def with_labels(task: LabelsToImageTask, labels: np.ndarray) -> np.ndarray:
    """The training pictures with exactly these labels, uint8 (M, S, S, 3)."""
    has = (label_vectors(task.split) == labels).all(1)
    return task.spread_pictures(task.split, len(has))[has]


def known_combinations(task: LabelsToImageTask) -> tuple[str, ...]:
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
    as_command(main)
