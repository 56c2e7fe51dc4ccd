"""The spellings of a name that count as the same, and the commas between names.

Spelling is folded character by character: so a TensorFlow graph can do the same with a table.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache

COMMAS = frozenset(",、，､﹐﹑︐︑")
"""What stands between two names: the comma and the ideographic comma, in all their widths."""

_SURROGATES = range(0xD800, 0xE000)  # no characters
_CODE_POINTS = range(0x30000)  # of those beyond, none folds into another


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question for the end of a message, with the name that is nearest to a misspelt one.

    Args:
        word: The misspelt name.
        known: The names that there are.

    Returns:
        ` Did you mean 'name'?`, or nothing where no name is near.
    """
    near = difflib.get_close_matches(str(word), list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def split_names(text: str) -> list[str]:
    """The names in a text, between commas; what holds no name is left out."""
    return [name.strip() for name in re.split(f"[{''.join(COMMAS)}]", text) if key(name)]


def key(name: str) -> str:
    """One form for all spellings: `decomposed`, composed again (Unicode's form NFC)."""
    return unicodedata.normalize("NFC", decomposed(name))


def decomposed(name: str) -> str:
    """A name whose characters are folded, with single spaces and one after a colon.

    Case, width and other forms that Unicode calls compatible (NFKD) do not count, nor does whether
    a letter is one character or several; underscores and hyphens are spaces.
    """
    folded = _nfkd("".join(map(_fold, name)))  # puts combining marks in order
    return re.sub(" ?: ?", ": ", re.sub(" +", " ", folded)).strip()


def folded_characters(letters: Collection[str]) -> dict[str, str]:
    """Every character that folds into some of the letters alone, with what it folds into.

    Args:
        letters: Characters of `decomposed` names.
    """
    known = set(letters)
    every = _all_that_change() | {letter: _fold(letter) for letter in letters}
    return {character: folded for character, folded in every.items() if known.issuperset(folded)}


@cache
def _all_that_change() -> dict[str, str]:
    """The characters of Unicode that do not fold into themselves: some 18,000."""
    characters = (chr(i) for i in _CODE_POINTS if i not in _SURROGATES)
    return {c: folded for c in characters if (folded := _fold(c)) != c}


def _fold(character: str) -> str:
    text = unicodedata.normalize("NFKC", character).casefold()
    return "".join(" " if c in "_-" or c.isspace() else c for c in _nfkd(text))


def _nfkd(text: str) -> str:
    return unicodedata.normalize("NFKD", text)
