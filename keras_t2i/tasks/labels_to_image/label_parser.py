"""Labels as text to multi-hot vectors, within a TensorFlow graph."""

import unicodedata
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from keras_t2i.exporting.requirement import quoted, require
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.spelling import COMMAS, decomposed, folded_characters

_UNKNOWN = 0xFFFD  # Unicode's replacement character, for what no name holds


class LabelParser:
    """Labels as text to multi-hot vectors, by core TensorFlow operations.

    Understands what `AttributeSchema.parse` understands, in all the same spellings.

    Args:
        schema: The labels, with all their names.
    """

    def __init__(self, schema: AttributeSchema) -> None:
        label_of_name = {decomposed(name): label for name, label in schema.names.items()}
        names = sorted(label_of_name)
        self.lookup = keras.layers.StringLookup(vocabulary=names, num_oov_indices=1)
        self.lookup(tf.constant(names))  # builds it; only then can it be exported
        self._schema, self._spelling = schema, Spelling(names)
        self._label_of_name = [-1, *(label_of_name[name] for name in names)]

    def __call__(self, text: tf.Tensor) -> tf.Tensor:
        """Texts (N,) such as "female, wavy, double eyelid" → float32 (N, n).

        An unknown label, or other than one label of a group, is an error of the whole batch that
        names the label or the group, and the text.
        """
        commas = f"[{''.join(sorted(COMMAS))}]"
        parts = tf.strings.split(tf.strings.regex_replace(text, commas, ","), ",")
        given, rows_of = parts.flat_values, parts.value_rowids()
        names = self._spelling(given)
        is_name = tf.not_equal(names, "")
        given, names, rows_of = (tf.boolean_mask(x, is_name) for x in (given, names, rows_of))
        label = tf.gather(self._label_of_name, self.lookup(names))
        unknown = tf.boolean_mask(given, label < 0)
        first = quoted(tf.strings.reduce_join(tf.strings.strip(unknown[:1])))
        labels = ", ".join(self._schema.labels)
        known = require(
            tf.size(unknown) == 0,
            tf.strings.join(["Unknown label ", first, f". Labels: {labels}."]),
            quoted(tf.gather(text, tf.boolean_mask(rows_of, label < 0))),
        )
        with tf.control_dependencies([known]):
            ones = tf.one_hot(label, self._schema.width)
        count = tf.cast(tf.shape(text)[0], rows_of.dtype)
        vectors = tf.minimum(tf.math.unsorted_segment_sum(ones, rows_of, count), 1.0)
        with tf.control_dependencies(self._one_a_group(vectors, text)):
            return tf.identity(vectors)

    def _one_a_group(self, vectors: tf.Tensor, text: tf.Tensor) -> list[tf.Operation]:
        checks = []
        for group in self._schema.attributes:
            if not group.free:
                count = tf.reduce_sum(vectors[:, self._schema.part(group.name)], 1)
                wrong = tf.boolean_mask(text, count != 1.0)
                names = ", ".join(group.values)
                rule = f"A picture has exactly one label of the group `{group.name}`: {names}."
                checks.append(require(tf.size(wrong) == 0, rule, quoted(wrong)))
        return checks


class Spelling:
    """`pipelines.spelling.decomposed` of texts, within a graph: characters by a table.

    TensorFlow has no Unicode normalization among its core operations. The table holds what folds
    into the names' characters; all else becomes U+FFFD, which no name holds.

    Args:
        names: Names that a text is compared with, `decomposed`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        letters = {*" :", *"".join(names)}
        folded = sorted(folded_characters(letters).items())
        self._characters = np.array([ord(character) for character, _ in folded], "int32")
        parts = [[ord(c) for c in part] for _, part in folded] + [[_UNKNOWN]]
        self._parts = np.concatenate(parts).astype("int32")
        self._starts = np.cumsum([0, *map(len, parts)])
        self._letters = np.array([*sorted(map(ord, letters)), _UNKNOWN], "int32")
        self._classes = np.array([unicodedata.combining(chr(c)) for c in self._letters], "int64")

    def __call__(self, text: tf.Tensor) -> tf.Tensor:
        """Texts (N,) → their spelling (N,)."""
        characters = tf.strings.unicode_decode(text, "UTF-8")
        table = tf.RaggedTensor.from_row_splits(self._parts, self._starts, validate=False)
        folded = tf.gather(table, _places(self._characters, characters.flat_values))
        folded = characters.with_flat_values(folded).merge_dims(1, 2)
        spelled = tf.strings.unicode_encode(self._in_order(folded), "UTF-8")
        for pattern, space in ((" +", " "), (" ?: ?", ": ")):
            spelled = tf.strings.regex_replace(spelled, pattern, space)
        return tf.strings.strip(spelled)

    def _in_order(self, texts: tf.RaggedTensor) -> tf.RaggedTensor:
        """The marks after each letter by their combining class, as Unicode's normal forms have."""
        characters = texts.flat_values
        combining = tf.gather(self._classes, _places(self._letters, characters))
        letter = tf.cumsum(tf.cast(combining == 0, tf.int64)) + texts.value_rowids()
        order = tf.argsort(letter * 256 + combining, stable=True)
        return texts.with_flat_values(tf.gather(characters, order))


def _places(known: np.ndarray, wanted: tf.Tensor) -> tf.Tensor:
    """Index of each number among the known ones, in ascending order; their count where unknown."""
    places = tf.searchsorted(known, wanted)
    found = tf.gather(known, tf.minimum(places, len(known) - 1)) == wanted
    return tf.where(found, places, len(known))
