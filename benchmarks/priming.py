"""The effect of a priming melody on the bars after it (MidiNet, section 4).

    python -m benchmarks.priming runs/tunes --data data/tunes

For the chords of each unseen tune a run composes after no bar, after the tune's own first bar and
after the first bar of the next tune, each time with the same noises. "Differs" is the share of the
steps of a bar that another first bar changes, against none. "As given" is the share of the steps
with the pitch of the bar that was given; for "none" and "real tune" that is the tune's own first.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.harmony import harmony_scores
from keras_t2i.tasks.chords_to_melody.task import ChordsToMelodyTask

_LATE = 3  # the first of the bars that count as later ones, from 1


@dataclass(frozen=True)
class Arguments:
    """Measure a run of MidiNet.

    Args:
        run: The run.
        data: The prepared melodies.
    """

    run: Annotated[Path, tyro.conf.Positional]
    data: Path


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    what = "a run that draws melodies for chords"
    task = opened(arguments.run, ChordsToMelodyTask, what, arguments.data)
    real, chords = task.unseen
    own, other = real[:, 0], np.roll(real[:, 0], -1, axis=0)
    given = tf.constant(chords, tf.int64), tf.range(len(chords), dtype=tf.int64)
    plain = task.gan.compose(*given).numpy()

    def after(bars: np.ndarray) -> np.ndarray:
        """Each tune's chords after its row of bars (P, 16)."""
        return task.gan.compose(*given, tf.constant(bars, tf.int64)).numpy()

    melodies = {
        "none": (plain, own),
        "the tune's own": (after(own), own),
        "another tune's": (after(other), other),
        "real tune": (real, own),
    }
    bars = f"bars {_LATE} to {chords.shape[1]}"
    columns = f"differs, bar 2 | differs, {bars} | as given, bar 2 | as given, {bars}"
    print(
        f"{len(chords)} unseen tunes of {chords.shape[1]} bars; in key and in chord: from bar 2 on"
    )
    print(f"| first bar | {columns} | in key | in chord |\n|---|---|---|---|---|---|---|")
    for name, (made, first) in melodies.items():
        scores = harmony_scores(made[:, 1:], chords[:, 1:])
        differs = (made != plain).mean((0, 2))
        alike = (made == first[:, None]).mean((0, 2))
        shares = [
            share for each in (differs, alike) for share in (each[1], each[_LATE - 1 :].mean())
        ]
        figures = (*shares, scores["in_key"], scores["in_chord"])
        print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


if __name__ == "__main__":
    as_command(main)
