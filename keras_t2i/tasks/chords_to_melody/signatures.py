"""The signatures under which a model that draws melodies is served."""

import keras
import tensorflow as tf

from keras_t2i.exporting import signatures
from keras_t2i.exporting.inputs import SEEDS, TEXTS, Input, Rule
from keras_t2i.exporting.requirement import as_text, quoted, require
from keras_t2i.exporting.signatures import Outputs, Signature
from keras_t2i.pipelines.harmony import BARS, MOST_BARS, NEEDED, NUMBERS, RULE, TOO_LONG
from keras_t2i.pipelines.midi import LOWEST, SPAN, STEPS
from keras_t2i.tasks.chords_to_melody.gan import BarGAN

_NONE = -1
_FIRST_BAR = Input(
    tf.int64,
    (STEPS,),
    Rule(
        f"must have MIDI numbers of {LOWEST} to {LOWEST + SPAN - 1}",
        lambda pitches: (pitches >= LOWEST) & (pitches < LOWEST + SPAN),
    ),
)


def archive(gan: BarGAN) -> keras.export.ExportArchive:
    """`serving_default` (chords), `generate` (chords, seed) and `continue_melody`.

    `chords` is a progression such as `C G Am F`, with one chord for each bar, as `parse_chords`
    reads it. The answer has `pitches`, MIDI numbers int64 (N, bars, 16), -1 after the end of a
    shorter progression. `continue_melody` also takes `first_bar`, MIDI numbers int64 (N, 16) of
    C4 … B5, with which each melody begins.

    Args:
        gan: The trained GAN.
    """
    words = keras.layers.StringLookup(vocabulary=list(NUMBERS), num_oov_indices=1)

    def numbers(chords: tf.Tensor) -> tf.Tensor:
        split = tf.strings.split(tf.strings.regex_replace(chords, rf"[{BARS}\s\pZ]", " "))
        given = split.flat_values
        number = tf.gather([_NONE, *NUMBERS.values()], words(given))
        unknown = tf.boolean_mask(given, number < 0)
        silent = tf.boolean_mask(chords, split.row_lengths() == 0)
        long = tf.boolean_mask(split.row_lengths(), split.row_lengths() > MOST_BARS)
        checks = [
            require(tf.size(unknown) == 0, RULE, quoted(unknown)),
            require(tf.size(silent) == 0, NEEDED, quoted(silent)),
            require(tf.size(long) == 0, TOO_LONG, as_text(long)),
        ]
        with tf.control_dependencies(checks):
            return split.with_flat_values(tf.cast(number, tf.int64)).to_tensor(_NONE)

    def generate(chords: tf.Tensor, seed: tf.Tensor, first_bar: tf.Tensor | None = None) -> Outputs:
        bars = numbers(chords)
        pitches = gan.compose(tf.maximum(bars, 0), seed, first_bar)
        return {"pitches": tf.where(bars[:, :, None] < 0, tf.constant(_NONE, tf.int64), pitches)}

    def drawn(chords: tf.Tensor) -> Outputs:
        return generate(chords, tf.zeros(tf.shape(chords), tf.int64))

    numbers(tf.constant(["C"]))  # the table must exist before it is tracked
    own = {
        "serving_default": Signature(drawn, {"chords": TEXTS}),
        "generate": Signature(generate, {"chords": TEXTS, "seed": SEEDS}),
        "continue_melody": Signature(
            generate, {"chords": TEXTS, "seed": SEEDS, "first_bar": _FIRST_BAR}
        ),
    }
    return signatures.archive(own, [words])
