"""What a priming melody does to the bars after it (MidiNet, section 4).

    python -m benchmarks.priming runs/tunes --data data/tunes

For the chords of each unseen tune a run composes after no bar, after the tune's own first bar and
after the first bar of the next tune. Later bars are compared with the bar that was given: the share
of the steps with its pitch, and of the steps at which, as there, a note begins or none does. For
"none" and "real tune" that bar is the tune's own first one.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.harmony import harmony_scores

_LATE = 4  # the first of the bars that count as later ones, from 1


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
    import keras_t2i

    task = keras_t2i.load(arguments.run, data=arguments.data)
    real, chords = task.unseen
    own, other = real[:, 0], np.roll(real[:, 0], -1, axis=0)

    def after(bars: np.ndarray) -> np.ndarray:
        """Each tune's chords after its row of bars (P, 16)."""
        rows = [
            task.compose(task.gan, chords[i : i + 1], [i], first) for i, first in enumerate(bars)
        ]
        return np.concatenate(rows)

    melodies = {
        "none": (task.compose(task.gan, chords, range(len(chords))), own),
        "the tune's own": (after(own), own),
        "another tune's": (after(other), other),
        "real tune": (real, own),
    }
    print(f"{len(chords)} unseen tunes of {chords.shape[1]} bars")
    later = f"{_LATE} to {chords.shape[1]}"
    print(
        f"| first bar | pitch, bar 2 | pitch, {later} | rhythm, bar 2 | rhythm, {later} |", end=""
    )
    print(" in key | in chord |\n|---|---|---|---|---|---|---|")
    for name, (made, given) in melodies.items():
        scores = harmony_scores(made[:, 1:], chords[:, 1:])
        alike = (made == given[:, None]).mean((0, 2))
        beat = (begins(made) == begins(given)[:, None]).mean((0, 2))
        cells = (alike[1], alike[_LATE - 1 :].mean(), beat[1], beat[_LATE - 1 :].mean())
        figures = (*cells, scores["in_key"], scores["in_chord"])
        print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


def begins(pitches: np.ndarray) -> np.ndarray:
    """Whether a note begins at each step after a bar's first, bool (…, 15)."""
    return np.diff(pitches, axis=-1) != 0


if __name__ == "__main__":
    as_command(main)
