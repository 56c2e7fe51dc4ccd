"""Words of captions that a model does not know, said where a user sees it."""

import sys
from collections.abc import Mapping, Sequence

_MOST_WORDS, _MOST_CAPTIONS = 8, 20


def tell_of_unknown_words(unknown: Mapping[str, Sequence[str]]) -> None:
    """Say on stderr which words are left out, in a line for each caption that has some.

    Args:
        unknown: Unknown words by caption.
    """
    lacking = {caption: list(dict.fromkeys(words)) for caption, words in unknown.items() if words}
    for caption, words in list(lacking.items())[:_MOST_CAPTIONS]:
        place = f"{caption[:80]!r}: " if len(unknown) > 1 else ""
        more = ", …" if len(words) > _MOST_WORDS else ""
        line = f"{place}not known, ignored: {', '.join(words[:_MOST_WORDS])}{more}"
        print(line, file=sys.stderr)
    if len(lacking) > _MOST_CAPTIONS:
        print(f"and so in {len(lacking) - _MOST_CAPTIONS:,} further captions", file=sys.stderr)
