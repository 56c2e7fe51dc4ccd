"""The kind of experiment that draws melodies for chords."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.chords_to_melody.gan_stage import MelodyGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.pipelines.melodies import Melodies
    from keras_t2i.pipelines.sources.tunes import Tunes
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.chords_to_melody.gan import BarGAN

_BARS, _SHOWN = 8, 4


@dataclass(frozen=True)
class ChordsToMelody(Experiment):
    """Noise and chords → melodies, bar after bar.

    Args:
        gan: The GAN's stage.
    """

    gan: MelodyGanStage = field(default_factory=MelodyGanStage)

    data_kind: ClassVar[str] = "melodies"

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN."""
        return (self.gan,)

    def embedded_source(self) -> "Tunes":
        """The tunes that are composed where no data are given."""
        from keras_t2i.pipelines.sources.tunes import Tunes

        return Tunes()

    def write_embedded(self, folder: Path) -> None:
        """Compose them."""
        from keras_t2i.pipelines.prepare_melodies import prepare_melodies

        prepare_melodies(self.embedded_source(), folder)

    def task(self, run: Run, data: Path) -> "ChordsToMelodyTask":
        """What the stage works with."""
        return ChordsToMelodyTask(self, run, data)


@dataclass(frozen=True)
class ChordsToMelodyTask(Task):
    """Task of melodies."""

    experiment: ChordsToMelody

    @cached_property
    def split(self) -> "Melodies":
        """The training split."""
        from keras_t2i.pipelines.melodies import read_melodies

        return read_melodies(self.data, "train")

    @cached_property
    def unseen_name(self) -> str:
        """The split of the scores and samples: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @cached_property
    def unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Unseen pieces, their first bars: pitches (P, bars, 16), chords (P, bars)."""
        from keras_t2i.pipelines.melodies import read_melodies

        split = read_melodies(self.data, self.unseen_name)
        return split.pieces(min(_BARS, int(np.diff(split.starts).max())))

    @cached_property
    def gan(self) -> "BarGAN":
        """The GAN as far as it is trained."""
        return self.restore(self.experiment.gan.model(), self.experiment.gan.name)

    def compose(self, gan: "BarGAN", chords: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Melodies for chords (N, bars): MIDI numbers (N, bars, 16)."""
        import tensorflow as tf

        return gan.compose(tf.constant(chords, tf.int64), tf.constant(seeds, tf.int64)).numpy()

    def draw_samples(self, gan: "BarGAN", step: int) -> Path:
        """Piano rolls: a real piece, and melodies for its chords."""
        from keras_t2i.tasks.chords_to_melody.piano_roll import piano_roll, stacked

        pitches, chords = self.unseen[0][0], self.unseen[1][0]
        made = self.compose(gan, np.repeat(chords[None], _SHOWN - 1, 0), np.arange(_SHOWN - 1))
        rolls = [piano_roll(melody, chords) for melody in (pitches, *made)]
        return self.show(self.experiment.gan.name, "samples", stacked(rolls), step)

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
        return {"samples": str(path.relative_to(self.run.path)), self.unseen_name: rounded}

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """Melodies for progressions such as `C G Am F`, `count` each; with a grid, in one picture.

        Raises:
            InputError: No progression, an unknown chord, or what a run of melodies cannot do.
        """
        from keras_t2i.pipelines.harmony import parse_chords
        from keras_t2i.pipelines.midi import midi_bytes
        from keras_t2i.tasks.chords_to_melody.piano_roll import piano_roll, stacked

        names = ("labels", "interpolate", "arithmetic", "attention", "combinations",
                 "reconstruct", "translate", "back")  # fmt: skip
        request.refuse(names, "it draws melodies for chords.")
        if request.truncation != 1.0:
            raise InputError("--truncation does not go with melodies.")
        if not request.texts:
            raise InputError("Give a progression, a chord a bar, such as 'C G Am F'.")
        pieces = []
        for text in request.texts:
            chords = np.array(parse_chords(text))
            seeds = request.seed + np.arange(request.count)
            made = self.compose(self.gan, np.repeat(chords[None], request.count, 0), seeds)
            pieces += [(melody, chords) for melody in made]
        if request.grid:
            longest = max(len(chords) for _, chords in pieces)
            rolls = [piano_roll(*piece, bars=longest) for piece in pieces]
            whole = [np.concatenate(part) for part in zip(*pieces, strict=True)]
            return [_with_midi(stacked(rolls), midi_bytes(*whole))]
        return [_with_midi(piano_roll(*piece), midi_bytes(*piece)) for piece in pieces]

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.chords_to_melody.signatures import archive

        return archive(self.gan)

    example, example_text = '"C G Am F C G F C" --count 4 --grid --out tunes.png', "C G Am F"


def _with_midi(image: "Image.Image", midi: bytes) -> "Image.Image":
    from keras_t2i.images.grid import BESIDE

    image.info[BESIDE] = {".mid": midi}
    return image
