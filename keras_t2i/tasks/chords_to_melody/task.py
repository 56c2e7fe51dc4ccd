"""Melodies for chords, bar after bar (MidiNet)."""

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.exporting.loaded import Melody, Texts, rows_and_seeds, some_texts
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.chords_to_melody.gan_stage import MelodiesGiven, MelodyGanStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.pipelines.melodies import Melodies
    from keras_t2i.tasks.chords_to_melody.gan import BarGAN

_BARS, _SHOWN = 8, 4
_EXAMPLE = "C G Am F"


@component
class ChordsToMelody(TaskExperiment):
    """Noise and chords → melodies, bar after bar.

    Args:
        gan: The GAN's stage.
    """

    gan: MelodyGanStage = field(default_factory=MelodyGanStage)

    data_kind: ClassVar[str] = "melodies"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The GAN."""
        return (self.gan,)

    def drawn_source(self) -> Any:
        """The tunes that are composed where no data are given."""
        from keras_t2i.pipelines.sources.tunes import Tunes

        return Tunes()

    def draw_data(self, folder: Path) -> None:
        """Compose them."""
        from keras_t2i.pipelines.prepare_melodies import prepare_melodies

        prepare_melodies(self.drawn_source(), folder)

    def task(self, run: Run, data: Path | None = None) -> "ChordsToMelodyTask":
        """The task of a run of this experiment."""
        return ChordsToMelodyTask(self, run, data)


class ChordsToMelodyTask(Task):
    """A run that draws melodies for chords."""

    options = frozenset({"captions", "file", "count", "grid", "prime"})
    beside = (".mid",)
    kind = "a run that draws melodies for chords"
    experiment: ChordsToMelody

    @cached_property
    def gan(self) -> "BarGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    def model_of(self, stage: Stage) -> "BarGAN":
        """The untrained GAN."""
        return self.experiment.gan.model()

    # Training.

    @cached_property
    def split(self) -> "Melodies":
        """The training split."""
        from keras_t2i.pipelines.melodies import read_melodies

        return read_melodies(self.data, "train")

    @property
    def unseen_name(self) -> str:
        """The split of samples and scores: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @cached_property
    def unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Unseen pieces, their first bars: pitches (P, bars, 16), chords (P, bars)."""
        from keras_t2i.pipelines.melodies import read_melodies

        split = read_melodies(self.data, self.unseen_name)
        return split.pieces(min(_BARS, int(np.diff(split.starts).max())))

    def build(self, stage: Stage) -> Training:
        """The training of the GAN."""
        return self.experiment.gan.build(
            MelodiesGiven(
                split=self.split,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.common(),
            )
        )

    def compose(
        self,
        gan: "BarGAN",
        chords: np.ndarray,
        seeds: Sequence[int] | np.ndarray,
        first: np.ndarray | None = None,
    ) -> np.ndarray:
        """Melodies for chords (N, bars): MIDI numbers int64 (N, bars, 16).

        Args:
            gan: The GAN.
            chords: Numbers of chords.
            seeds: Seeds of the melodies' noise.
            first: MIDI numbers (16,) of the bar that all melodies begin with, if one is given.
        """
        import tensorflow as tf

        given = tf.constant(chords, tf.int64), tf.constant(seeds, tf.int64)
        if first is None:
            return gan.compose(*given).numpy()
        return gan.compose(*given, tf.constant([first] * len(chords), tf.int64)).numpy()

    def draw_samples(self, gan: "BarGAN", step: int) -> Path:
        """Piano rolls: a real piece, and melodies for its chords."""
        from keras_t2i.tasks.chords_to_melody.piano_roll import piano_roll, stacked

        pitches, chords = self.unseen[0][0], self.unseen[1][0]
        made = self.compose(gan, np.repeat(chords[None], _SHOWN - 1, 0), np.arange(_SHOWN - 1))
        rolls = [piano_roll(melody, chords) for melody in (pitches, *made)]
        return self.log_image(self.experiment.gan.name, "samples", stacked(rolls), step)

    def finish_samples(self, gan: "BarGAN") -> dict[str, Any]:
        """The last samples; and how melodies keep to key and chords, beside unseen ones and chance.

        Chance is any of the 24 pitches at each step. `other_by_noise` is the share of steps that
        change with the noise.
        """
        from keras_t2i.pipelines.harmony import harmony_scores
        from keras_t2i.pipelines.midi import LOWEST, SPAN

        path = self.draw_samples(gan, int(gan.step.numpy()))
        real, chords = self.unseen
        melodies = {
            "drawn": self.compose(gan, chords, np.arange(len(chords))),
            "real": real,
            "chance": np.random.default_rng(0).integers(LOWEST, LOWEST + SPAN, real.shape),
        }
        scores = {name: harmony_scores(pitches, chords) for name, pitches in melodies.items()}
        others = self.compose(gan, chords, len(chords) + np.arange(len(chords)))
        scores["drawn"]["other_by_noise"] = float((others != melodies["drawn"]).mean())
        rounded = {n: {k: round(v, 3) for k, v in s.items()} for n, s in scores.items()}
        return {"samples": self.within(path), self.unseen_name: rounded}

    # What a user asks.

    example = '"C G Am F C G F C" --count 4 --grid --out tunes.png'

    @property
    def example_text(self) -> str:
        """A progression, with one chord for each bar."""
        return _EXAMPLE

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """A melody for each progression: MIDI numbers int64 (N, bars, 16).

        Raises:
            InputError: Progressions of several lengths, an unknown chord, or a truncation.
        """
        if truncation != 1.0:
            raise InputError(f"{self!r} takes no truncation. Received: {truncation}.")
        return self.compose(self.gan, _same_length(texts), seeds)

    def continue_melody(
        self,
        texts: Texts,
        melody: Melody,
        *,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
    ) -> np.ndarray:
        """A melody for each progression after a given first bar: int64 (N, bars, 16)."""
        from keras_t2i.pipelines.midi import first_bar

        given, rows = rows_and_seeds(some_texts(texts), seed, seeds)
        return self.compose(self.gan, _same_length(given), rows, first_bar(melody))

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Draw piano rolls, with a MIDI file each."""
        from keras_t2i.tasks.chords_to_melody.sheets import render

        def compose(
            chords: np.ndarray, seeds: Sequence[int], first: np.ndarray | None
        ) -> np.ndarray:
            return self.compose(self.gan, chords, seeds, first)

        return render(compose, options)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.chords_to_melody.signatures import archive

        return archive(self.gan)

    def example_inputs(self) -> dict[str, Any]:
        """A progression, and a bar of one note."""
        from keras_t2i.pipelines.midi import LOWEST, STEPS

        return {"chords": _EXAMPLE, "first_bar": [LOWEST] * STEPS}


def _same_length(texts: Sequence[str]) -> np.ndarray:
    """The chords of progressions, int64 (N, bars).

    Raises:
        InputError: Progressions of several lengths, or an unknown chord.
    """
    from keras_t2i.pipelines.harmony import parse_chords

    chords = [parse_chords(text) for text in texts]
    if len({len(each) for each in chords}) > 1:
        raise InputError("All progressions must have as many chords; draw others one by one.")
    return np.array(chords)
