"""The signatures under which a model that draws melodies is served."""

import keras
import tensorflow as tf

from keras_t2i.exporting import signatures
from keras_t2i.exporting.signatures import Outputs, Signature, rows
from keras_t2i.pipelines.harmony import CHORDS
from keras_t2i.pipelines.midi import LOWEST, SPAN, STEPS
from keras_t2i.tasks.chords_to_melody.gan import BarGAN

_NONE = -1


def archive(gan: BarGAN) -> keras.export.ExportArchive:
    """`serving_default` (chords), `generate` (chords, seed) and `continue_melody`.

    `chords` is a progression such as `C G Am F`, with one chord for each bar and sharps as `C#`.
    The answer has `pitches`, MIDI numbers int64 (N, bars, 16), -1 after the end of a shorter
    progression. `continue_melody` also takes `first_bar`, MIDI numbers int64 (N, 16) of C4 … B5,
    with which each melody begins.

    Args:
        gan: The trained GAN.
    """
    words = keras.layers.StringLookup(vocabulary=list(CHORDS), num_oov_indices=1)

    def numbers(chords: tf.Tensor) -> tf.Tensor:
        split = tf.strings.split(chords).to_tensor("")
        missing = tf.constant(_NONE, tf.int64)
        found = tf.where(split == "", missing, tf.cast(words(split), tf.int64) - 1)
        known = tf.logical_or(split == "", found >= 0)
        tf.debugging.assert_equal(
            tf.reduce_all(known), True, "chords: a root such as C or F#, and m for minor"
        )
        return found

    def generate(chords: tf.Tensor, seed: tf.Tensor, first_bar: tf.Tensor | None = None) -> Outputs:
        bars = numbers(chords)
        pitches = gan.compose(tf.maximum(bars, 0), seed, first_bar)
        return {"pitches": tf.where(bars[:, :, None] < 0, tf.constant(_NONE, tf.int64), pitches)}

    def drawn(chords: tf.Tensor) -> Outputs:
        return generate(chords, tf.zeros(tf.shape(chords), tf.int64))

    def continue_melody(chords: tf.Tensor, seed: tf.Tensor, first_bar: tf.Tensor) -> Outputs:
        inside = tf.logical_and(first_bar >= LOWEST, first_bar < LOWEST + SPAN)
        rule = f"first_bar: MIDI numbers of {LOWEST} to {LOWEST + SPAN - 1}"
        tf.debugging.assert_equal(tf.reduce_all(inside), True, rule)
        return generate(chords, seed, first_bar)

    numbers(tf.constant(["C"]))  # the table must exist before it is tracked
    own = {
        "serving_default": Signature(drawn, {"chords": rows(tf.string)}),
        "generate": Signature(generate, {"chords": rows(tf.string), "seed": rows(tf.int64)}),
        "continue_melody": Signature(
            continue_melody,
            {
                "chords": rows(tf.string),
                "seed": rows(tf.int64),
                "first_bar": rows(tf.int64, STEPS),
            },
        ),
    }
    return signatures.archive(own, [words])
