"""Words of scripts that put no spaces between them: one character each."""

from collections.abc import Sequence

import tensorflow as tf

# Scripts between whose letters Unicode lets a line break (UAX #14: classes ID, CJ and SA).
_SCRIPTS = (
    "Han", "Hiragana", "Katakana", "Bopomofo", "Yi", "Thai", "Lao", "Khmer", "Myanmar", "Tai_Le",
    "New_Tai_Lue", "Tai_Tham", "Tai_Viet",
)  # fmt: skip
_LETTER = "[" + "".join(rf"\p{{{script}}}" for script in _SCRIPTS) + r"]\pM*"  # with its marks


def spaced(captions: tf.Tensor) -> tf.Tensor:
    """Captions (N,) with spaces about every letter of such a script; core operations only."""
    return tf.strings.regex_replace(captions, f"({_LETTER})", r" \1 ")


def is_spaced(vocabulary: Sequence[str]) -> bool:
    """Whether a vocabulary was learned from captions that `spaced` gave.

    Such a vocabulary has letters of these scripts, and each stands alone. Earlier versions took a
    run of them for one word: their vocabularies, and those without such letters, read captions as
    they did when they were learned.

    Args:
        vocabulary: Tokens by number.
    """
    return bool(tf.reduce_any(_has_letter(vocabulary))) and all(stand_alone(vocabulary))


def stand_alone(tokens: Sequence[str]) -> list[bool]:
    """Whether each token can be one of spaced captions: with no such letter beside another.

    Args:
        tokens: Words, or pieces of words, in which `##` marks what continues one.
    """
    alone = tf.strings.regex_full_match(list(tokens), rf"{_LETTER}|##\pM+")
    return tf.logical_or(alone, tf.logical_not(_has_letter(tokens))).numpy().tolist()


def _has_letter(tokens: Sequence[str]) -> tf.Tensor:
    return tf.strings.regex_full_match(list(tokens), f".*{_LETTER}.*")
