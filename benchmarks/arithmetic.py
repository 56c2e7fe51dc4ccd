"""Latent arithmetic over many triples of noises that a judge chose (DCGAN, section 6.3.2).

    python -m benchmarks.arithmetic runs/dcgan --judge runs/judge --out arithmetic.png

The judge, such as a `label-classifier` of the same data, reads the labels of samples. A question
takes two labels each of two groups: (a, b) − (a′, b) + (a′, b′), where each term is the mean of
three noises whose samples have both labels. It asks for (a, b′). A line for each pair of groups
says how often the judge reads both labels in the picture of the sum, beside two other shares:
chance, the same sums of noises that were drawn blindly; and direct, the mean of three noises of
(a, b′). The sheet has the best trial by the judge's probability, and the median one.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import tyro

from benchmarks.asked import at_least, require_picture, require_seed
from benchmarks.opening import opened
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.unconditional.task import UnconditionalTask

OF_A_MEAN = 3  # noises, as in the paper
_SIGNS = np.array([1.0, -1.0, 1.0], "float32")
_NEAR = 0.25  # the paper's noise around the sum, uniform in ±0.25
_BATCH = 64


@dataclass(frozen=True)
class Arguments:
    """Measure and draw latent arithmetic.

    Args:
        run: Run folder of a GAN from noise alone.
        judge: Run folder that reads labels in pictures.
        samples: Number of samples that the judge reads, of the seeds from 0 on.
        trials: Number of sums.
        least: Number of samples that each term's two labels must have, at least 3.
        seed: Seed of the choice of questions and noises.
        out: A PNG file.
    """

    run: Annotated[Path, tyro.conf.Positional]
    judge: Path
    samples: int = 2000
    trials: int = 1000
    least: int = 10
    seed: int = 0
    out: Path = Path("arithmetic.png")

    def check(self) -> None:
        """Refuse numbers that are too small, and a place that takes no PNG.

        Raises:
            InputError: Such a value.
        """
        at_least(self, samples=OF_A_MEAN, trials=1, least=OF_A_MEAN)
        require_seed(self.seed)
        require_picture(self.out)


class Draws(Protocol):
    """A generator from noise to pictures."""

    def noise(self, seeds: Sequence[int]) -> np.ndarray:
        """The noise of seeds, float32 (N, D)."""

    def decode(self, noise: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) of noise (N, D)."""


@dataclass(frozen=True)
class Trait:
    """A group of labels of which a picture has one; a label of a free group with its absence.

    Args:
        group: Name of the group.
        values: Names of the labels.
        places: Places of the labels' logits; of a free label the one place.
        free: Whether it is a label of a free group.
    """

    group: str
    values: tuple[str, ...]
    places: slice
    free: bool

    def named(self, place: int) -> str:
        """A label with its group."""
        return self.values[place] if self.free else f"{self.group} {self.values[place]}"

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The labels' probabilities (N, values), of all logits (N, n)."""
        own = logits[:, self.places].astype("float64")
        if self.free:
            own = np.concatenate([np.zeros_like(own), own], 1)
        shares = np.exp(own - own.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


@dataclass(frozen=True)
class Question:
    """A sum (a, b) − (a′, b) + (a′, b′) that asks for (a, b′).

    Args:
        kept: Place of the trait of a and a′.
        changed: Place of the trait of b and b′.
        a: Places of a and a′ in their trait.
        b: Places of b and b′ in theirs.
    """

    kept: int
    changed: int
    a: tuple[int, int]
    b: tuple[int, int]

    @property
    def terms(self) -> tuple[tuple[int, int], ...]:
        """The labels of the three terms, and of what is asked for."""
        (a, other_a), (b, other_b) = self.a, self.b
        return (a, b), (other_a, b), (other_a, other_b), (a, other_b)


@dataclass(frozen=True)
class Trials:
    """Outcome of the sums of some questions.

    Args:
        questions: Question of each trial, K of them.
        rows: Samples whose noises each term is the mean of, int (K, 3, 3).
        sums: The sums' noise, float32 (K, D).
        certainty: Probability of both labels asked for in the sum's picture, (K,).
        right: Whether both are read in it, bool (K,).
        chance: Whether both are read in a sum of blindly drawn noises, bool (K,).
        direct: Whether both are read in the mean of noises that have them, as 0 and 1 (K,); nan
            where there are too few.
    """

    questions: list[Question]
    rows: np.ndarray
    sums: np.ndarray
    certainty: np.ndarray
    right: np.ndarray
    chance: np.ndarray
    direct: np.ndarray

    def where(self, chosen: np.ndarray) -> str:
        """The three shares of some trials, as cells of a table."""
        direct = self.direct[chosen]
        known = direct[~np.isnan(direct)]
        cells = [f"{self.right[chosen].mean():.3f} ± {_deviation(self.right[chosen]):.3f}"]
        cells += [f"{self.chance[chosen].mean():.3f} ± {_deviation(self.chance[chosen]):.3f}"]
        cells += [f"{known.mean():.3f}" if len(known) else "–"]
        return " | ".join(cells)


def main() -> None:
    arguments = tyro.cli(Arguments)
    arguments.check()
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    task = opened(arguments.run, UnconditionalTask, "a run that draws from noise alone")
    judge = opened(arguments.judge, LabelledTask, "a run that reads labels in pictures")
    reader = judge.classifier()
    traits = traits_of(judge.schema)
    trials = ask(task.sampler, reader, traits, arguments)
    print(
        "| kept | changed | trials | sum | chance | direct |\n| --- | --- | --- | --- | --- | --- |"
    )
    pairs = np.array([(q.kept, q.changed) for q in trials.questions])
    for kept, changed in np.unique(pairs, axis=0):
        chosen = (pairs == (kept, changed)).all(1)
        names = f"{traits[kept].group} | {traits[changed].group}"
        print(f"| {names} | {chosen.sum()} | {trials.where(chosen)} |")
    everywhere = np.ones(len(pairs), bool)
    print(f"| all | all | {len(pairs)} | {trials.where(everywhere)} |")
    order = np.argsort(-trials.certainty, kind="stable")
    shown = {"best": order[0], "median": order[len(order) // 2]}
    sheet(task.sampler, trials, traits, shown, arguments.seed).save(arguments.out)
    for name, trial in shown.items():
        terms = [",".join(map(str, seeds)) for seeds in trials.rows[trial]]
        words = [terms[0], "-", terms[1], "+", terms[2]]
        print(
            f"{name}: python -m keras_t2i.generate {shlex.quote(str(arguments.run))} "
            f"--arithmetic {shlex.join(words)}"
        )
    print(arguments.out)


def traits_of(schema: AttributeSchema) -> list[Trait]:
    """The traits of labels: each group, and each label of a free group."""
    traits = []
    for attribute in schema.attributes:
        part = schema.part(attribute.name)
        if not attribute.free:
            traits.append(Trait(attribute.name, attribute.values, part, False))
            continue
        for place, value in enumerate(attribute.values, part.start):
            names = (f"no {value}", value)
            traits.append(Trait(value, names, slice(place, place + 1), True))
    return traits


def logits_of(draw: Draws, reader: ReadsLabels, noise: np.ndarray) -> np.ndarray:
    """The judge's label logits for the pictures of noise (N, D): (N, n)."""
    from keras_t2i.metrics.resizing import clean

    parts = []
    for start in range(0, len(noise), _BATCH):
        pictures = clean(draw.decode(noise[start : start + _BATCH]), reader.image_size)
        parts.append(np.asarray(reader.features_and_logits(pictures / 127.5 - 1.0)[1]))
    return np.concatenate(parts)


def values_read(traits: Sequence[Trait], logits: np.ndarray) -> np.ndarray:
    """The most probable value of each trait, int (N, traits)."""
    return np.stack([trait.probabilities(logits).argmax(1) for trait in traits], 1)


def questions_of(traits: Sequence[Trait], values: np.ndarray, least: int) -> list[Question]:
    """All questions whose three terms have enough samples.

    Args:
        traits: The traits.
        values: Values read in the samples, int (N, traits).
        least: Number of samples that a term must have.
    """
    found = []
    for kept, changed in permutations(range(len(traits)), 2):
        counts = np.zeros((len(traits[kept].values), len(traits[changed].values)), int)
        np.add.at(counts, (values[:, kept], values[:, changed]), 1)
        for a in permutations(range(counts.shape[0]), 2):
            for b in permutations(range(counts.shape[1]), 2):
                question = Question(kept, changed, a, b)
                if all(counts[term] >= least for term in question.terms[:3]):
                    found.append(question)
    return found


def ask(draw: Draws, reader: ReadsLabels, traits: Sequence[Trait], options: Arguments) -> Trials:
    """Draw samples, choose questions and noises at random, and let the judge read the sums.

    Raises:
        InputError: No question has enough samples for its three terms.
    """
    rng = np.random.default_rng(options.seed)
    noise = draw.noise(range(options.samples))
    values = values_read(traits, logits_of(draw, reader, noise))
    possible = questions_of(traits, values, options.least)
    if not possible:
        raise InputError(
            f"The judge reads no two pairs of labels in at least {options.least} of "
            f"{options.samples} samples each; give more --samples, or a smaller --least."
        )
    questions = [possible[i] for i in rng.integers(len(possible), size=options.trials)]
    held = [
        [np.flatnonzero((values[:, q.kept] == a) & (values[:, q.changed] == b)) for a, b in q.terms]
        for q in questions
    ]
    rows = np.array(
        [[rng.choice(h, OF_A_MEAN, replace=False) for h in terms[:3]] for terms in held]
    )
    blind = np.array(
        [
            rng.choice(options.samples, (3, OF_A_MEAN), replace=options.samples < 3 * OF_A_MEAN)
            for _ in questions
        ]
    )
    enough = [i for i, terms in enumerate(held) if len(terms[3]) >= OF_A_MEAN]
    sums = sums_of(noise, rows)
    certainty, right = asked_for(traits, questions, logits_of(draw, reader, sums))
    chance = asked_for(traits, questions, logits_of(draw, reader, sums_of(noise, blind)))[1]
    direct = np.full(len(questions), np.nan)
    if enough:
        means = [noise[rng.choice(held[i][3], OF_A_MEAN, replace=False)].mean(0) for i in enough]
        logits = logits_of(draw, reader, np.stack(means))
        direct[enough] = asked_for(traits, [questions[i] for i in enough], logits)[1]
    return Trials(questions, rows, sums, certainty, right, chance, direct)


def sums_of(noise: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """First mean minus second plus third of noises (N, D), chosen by rows (K, 3, 3): (K, D)."""
    return np.tensordot(_SIGNS, noise[rows].mean(2), (0, 1)).astype("float32")


def asked_for(
    traits: Sequence[Trait], questions: Sequence[Question], logits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The probability of both labels that each question asks for, and whether both are read."""
    shares = [trait.probabilities(logits) for trait in traits]
    values = values_read(traits, logits)
    certainty, right = np.empty(len(questions)), np.empty(len(questions), bool)
    for row, question in enumerate(questions):
        a, b = question.terms[3]
        certainty[row] = shares[question.kept][row, a] * shares[question.changed][row, b]
        right[row] = values[row, question.kept] == a and values[row, question.changed] == b
    return certainty, right


def sheet(
    draw: Draws, trials: Trials, traits: Sequence[Trait], shown: dict[str, int], seed: int
) -> Any:
    """The terms of some trials, each with its mean at last; the sum, and pictures near it."""
    from keras_t2i.images.grid import captioned_grid

    rng, names, rows = np.random.default_rng(seed), [], []
    for name, trial in shown.items():
        question, near = trials.questions[trial], trials.sums[trial]
        kept, changed = traits[question.kept], traits[question.changed]
        for sign, (a, b), seeds in zip(
            ("", "- ", "+ "), question.terms, trials.rows[trial], strict=False
        ):
            noise = draw.noise([int(seed) for seed in seeds])
            rows.append(draw.decode(np.concatenate([noise, noise.mean(0, keepdims=True)])))
            names.append(f"{name}: {sign}{kept.named(a)}, {changed.named(b)}")
        a, b = question.terms[3]
        around = near + rng.uniform(-_NEAR, _NEAR, (OF_A_MEAN, len(near)))
        rows.append(draw.decode(np.concatenate([around, near[None]]).astype("float32")))
        names.append(f"{name}: = {kept.named(a)}, {changed.named(b)}")
    return captioned_grid(names, np.stack(rows), headers=["one", "two", "three", "mean, or sum"])


def _deviation(hits: np.ndarray) -> float:
    """The standard deviation of a share of independent trials."""
    share = hits.mean()
    return float(np.sqrt(share * (1 - share) / len(hits)))


if __name__ == "__main__":
    as_command(main)
