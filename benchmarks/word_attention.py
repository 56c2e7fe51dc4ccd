"""Processor time of a step of `word-attention-gan-narrow`, and of it with one part changed.

    python -m benchmarks.word_attention

Random pictures and states of words at the preset's sizes. Processor time is the sum over all cores
and, unlike the time on the clock, hardly depends on what else a machine does.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import tyro

if TYPE_CHECKING:
    from keras_t2i.tasks.text_to_image.caption_stage import CaptionStage
    from keras_t2i.training.steps import Steps

_EMBEDDING, _WORDS, _READ, _STATE = 128, 32, 18, 1024


@dataclass(frozen=True)
class Arguments:
    """Time the steps.

    Args:
        precision: Precision of the computation.
        steps: Number of steps of a turn.
        turns: Number of turns; their median is printed.
        batch: Pairs of a step.
        extractor: File of a network, by which `vision-aided-gan-narrow` is timed too.
    """

    precision: Literal["float32", "bfloat16"] = "float32"
    steps: int = 16
    turns: int = 4
    batch: int = 64
    extractor: str = ""


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    print("| step | CPU ms |\n|---|---|", flush=True)
    for name, stage in variants(arguments.extractor):
        stage = replace(stage, precision=arguments.precision, batch_size=arguments.batch)
        spent = processor_ms(stage, arguments.steps, arguments.turns)
        print(f"| {name} | {spent:.0f} |", flush=True)


def variants(extractor: str = "") -> Iterator[tuple[str, "CaptionStage"]]:
    """Stages by what they are, those with critics on a network's maps if there is a file."""
    from keras_t2i.adversarial.losses import Hinge, RelativisticPairing
    from keras_t2i.adversarial.penalties import R1, R2, MatchingAwareGradientPenalty
    from keras_t2i.adversarial.thinned import Thinned
    from keras_t2i.tasks.text_to_image import (
        df_gan_presets,
        presets,
        vision_aided_presets,
        word_presets,
    )
    from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics

    narrow = word_presets.narrow().gan
    flat = replace(narrow, critic_normalized=False, loss=RelativisticPairing())
    thinned = Thinned(R1(), 8), Thinned(R2(), 8)
    matching = Thinned(MatchingAwareGradientPenalty())
    yield "`word-attention-gan-narrow`", narrow
    yield "without attention", replace(narrow, attention_sides=())
    yield "attention at 16×16 and 32×32", replace(narrow, attention_sides=(16, 32))
    yield "no doubling modulated", replace(narrow, modulated=0)
    yield "all doublings modulated", replace(narrow, modulated=4)
    yield "flat critic, relativistic", flat
    yield "the same, R1 and R2 on one row in 8", replace(flat, critic_terms=thinned)
    yield "the same, R1 and R2 on all rows", replace(flat, critic_terms=(R1(), R2()))
    hinge = replace(flat, loss=Hinge(), critic_terms=(matching,))
    yield "flat critic, hinge, MA-GP on one row in 8", hinge
    for experiment in (presets.narrow(), df_gan_presets.narrow()):
        yield f"`{experiment.name}`", experiment.gan
    if extractor:
        aided = vision_aided_presets.narrow()
        critics = (FeatureCritics(extractor),)
        yield "`word-attention-gan-narrow` with critics", replace(narrow, feature_critics=critics)
        yield f"`{aided.name}`", replace(aided.gan, feature_critics=critics)


def processor_ms(stage: "CaptionStage", steps: int, turns: int) -> float:
    """Milliseconds of processor time of a step, the median of some turns."""
    running, spent = steps_of(stage), []
    running.take(3)
    for _ in range(turns):
        began = time.process_time()
        running.take(steps)
        spent.append(1e3 * (time.process_time() - began) / steps)
    return statistics.median(spent)


def steps_of(stage: "CaptionStage") -> "Steps":
    """The steps of a stage on random pictures, embeddings and states of words."""
    import keras

    from benchmarks.steps import random_split
    from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven
    from keras_t2i.tasks.text_to_image.word_stage import WordGanStage
    from keras_t2i.training.steps import Steps

    keras.backend.clear_session()
    split, rng = random_split(stage.generator_side), np.random.default_rng(0)
    count = len(split.captions)
    words = None
    if isinstance(stage, WordGanStage):
        words = rng.normal(0, 0.2, (count, _WORDS, _STATE)).astype("float16")
        words[:, _READ:] = 0
    given = CaptionGiven(
        split=split,
        embeddings=rng.normal(size=(count, _EMBEDDING)).astype("float32"),
        words=words,
        seed=0,
        xla="off",
        draw=lambda *_: Path(),  # nothing is drawn
        finish=lambda _: {},
    )
    training = stage.build(given)
    return Steps(training.model, training.dataset(0))


if __name__ == "__main__":
    main()
