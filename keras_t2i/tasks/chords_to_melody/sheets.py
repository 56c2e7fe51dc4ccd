"""Piano rolls of melodies, each with its MIDI file."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from keras_t2i.images.grid import BESIDE
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.harmony import parse_chords
from keras_t2i.pipelines.midi import first_bar, midi_bytes
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.chords_to_melody.piano_roll import piano_roll, stacked


def render(
    compose: Callable[[np.ndarray, Sequence[int], np.ndarray | None], np.ndarray],
    options: GenerateOptions,
) -> list[Image.Image]:
    """Melodies for progressions such as `C G Am F`, `count` each; with a grid, in one picture.

    Args:
        compose: Function from chords (N, bars), seeds and a first bar (16,), if one is given, to
            MIDI numbers (N, bars, 16).
        options: Options of `generate`.

    Raises:
        InputError: No progression, an unknown chord, or a MIDI file that cannot be read.
    """
    if not options.texts:
        raise InputError("Give a progression with one chord for each bar, such as 'C G Am F'.")
    first = None if options.prime is None else first_bar(options.prime)
    pieces = []
    for text in options.texts:
        chords = np.array(parse_chords(text))
        seeds = [options.seed + i for i in range(options.count)]
        made = compose(np.repeat(chords[None], options.count, 0), seeds, first)
        pieces += [(melody, chords) for melody in made]
    if options.grid:
        longest = max(len(chords) for _, chords in pieces)
        rolls = [piano_roll(*piece, bars=longest) for piece in pieces]
        melodies, progressions = (np.concatenate(part) for part in zip(*pieces, strict=True))
        return [_with_midi(stacked(rolls), midi_bytes(melodies, progressions))]
    return [_with_midi(piano_roll(*piece), midi_bytes(*piece)) for piece in pieces]


def _with_midi(image: Image.Image, midi: bytes) -> Image.Image:
    image.info[BESIDE] = {".mid": midi}
    return image
