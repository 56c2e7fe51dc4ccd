"""Methods of a trained model: the same whether a run or an exported model was loaded."""

import operator
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.names import is_unicode

if TYPE_CHECKING:
    from PIL import Image

    from keras_t2i.images.given import Picture

Texts = str | Sequence[str]
Melody = Path | str | np.ndarray
"""A MIDI file, or a bar of MIDI numbers (16,)."""


class NotOffered(InputError):
    """A method that this model does not offer; the message lists those that it offers."""


class Loaded:
    """A trained model. Each kind offers some of these methods; the others raise `NotOffered`.

    A row's picture depends on its own text and seed alone, never on the rows beside it.
    """

    def generate(
        self,
        texts: Texts | None = None,
        *,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Draw a picture for each text, or for each seed.

        Args:
            texts: A caption, the labels of a picture ("female, wavy"), or the chords of a melody;
                or several. `None` of a model that draws from noise alone.
            seed: Seed of the first row's noise; the next rows take the next numbers.
            seeds: Seeds of the rows, in place of `seed`; of one text as many pictures as seeds.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.

        Returns:
            uint8 (N, S, S, 3); of points float32 (N, 2); of melodies int64 (N, bars, 16) of MIDI
            numbers.

        Raises:
            NotOffered: A model that draws nothing.
            InputError: Texts that it does not know, none where it takes some, some where it takes
                none, or another number of seeds than of texts.
        """
        given = [] if texts is None else as_texts(texts)
        if type(self).draw is Loaded.draw:
            raise self.refusal("generate")
        if not self.takes_texts:
            if given:
                raise InputError(f"{self!r} takes no texts; give seeds.")
            rows = [checked_seed(seed)] if seeds is None else checked_seeds(seeds)
        else:
            if not given:
                raise InputError(f"{self!r} takes texts, such as {self.example_text!r}.")
            given, rows = rows_and_seeds(given, seed, seeds)
        return self.draw(given, rows, checked_truncation(truncation))

    @property
    def takes_texts(self) -> bool:
        """Whether it draws from texts, not from noise alone."""
        return self.example_text is not None

    @property
    def example_text(self) -> str | None:
        """A text that it draws; `None` of one that draws from noise alone."""
        return None

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """Draw checked texts and seeds for `generate`; each model that draws defines it.

        Args:
            texts: Texts of the rows; none where the model draws from noise alone.
            seeds: Seeds of the rows.
            truncation: Factor of the noise in [0, 1].
        """
        raise self.refusal("generate")

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Draw what lies between two texts, with one noise; of noise alone, between two seeds.

        Args:
            start: The first picture's text.
            end: The last picture's text.
            steps: Pictures, at least 2.
            seed: Seed of the noise.
            truncation: Factor of the noise in [0, 1].

        Returns:
            uint8 (steps, S, S, 3).
        """
        raise self.refusal("interpolate")

    def arithmetic(self, *formula: str, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Draw a sum of texts, such as `"a red bird", "-", "red", "+", "blue"`.

        Args:
            *formula: Texts, with "+" or "-" between them.
            seed: Seed of the noise.
            truncation: Factor of the noise in [0, 1].

        Returns:
            uint8 (1, S, S, 3).
        """
        raise self.refusal("arithmetic")

    def continue_melody(
        self,
        texts: Texts,
        melody: Melody,
        *,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
    ) -> np.ndarray:
        """Draw melodies that begin with a given bar.

        Args:
            texts: Progressions, with a chord for each bar, the given one included.
            melody: A MIDI file, of which the melody's first bar counts; or MIDI numbers (16,), C4 …
                B5.
            seed: Seed of the first row's noise; the next rows take the next numbers.
            seeds: Seeds of the rows, in place of `seed`.

        Returns:
            MIDI numbers int64 (N, bars, 16); the first bar is the given one.
        """
        raise self.refusal("continue_melody")

    def attention(self, texts: Texts) -> "Image.Image":
        """A picture of captions, their words coloured by the encoder's attention."""
        raise self.refusal("attention")

    def encode(self, texts: Texts) -> np.ndarray:
        """Texts as the generator takes them, float32 (N, E): embeddings, or labels as 0 and 1."""
        raise self.refusal("encode")

    def translate(self, pictures: "Sequence[Picture]", *, back: bool = False) -> np.ndarray:
        """Make pictures of pictures.

        Args:
            pictures: Files, PIL images or uint8 arrays; resized to the model's size.
            back: Whether pictures of domain B are translated to domain A.

        Returns:
            uint8 (N, S, S, 3).
        """
        raise self.refusal("translate")

    def reconstruct(self, pictures: "Sequence[Picture]") -> np.ndarray:
        """Take pictures through encoder and decoder: uint8 (N, S, S, 3)."""
        raise self.refusal("reconstruct")

    def export(self, out: Path | str) -> Path:
        """Write the model as the next version of a SavedModel below a folder; returns it."""
        raise self.refusal("export")

    def refusal(self, method: str) -> NotOffered:
        """The error of a method that this model does not offer."""
        kind = type(self)
        offered = {
            "generate": kind.draw is not Loaded.draw,
            "interpolate": kind.interpolate is not Loaded.interpolate,
            "arithmetic": kind.arithmetic is not Loaded.arithmetic,
            "continue_melody": kind.continue_melody is not Loaded.continue_melody,
            "attention": kind.attention is not Loaded.attention,
            "encode": kind.encode is not Loaded.encode,
            "translate": kind.translate is not Loaded.translate,
            "reconstruct": kind.reconstruct is not Loaded.reconstruct,
            "export": kind.export is not Loaded.export,
        }
        names = ", ".join(name for name, own in offered.items() if own)
        return NotOffered(f"{self!r} does not offer `{method}`; it offers {names}.")


def as_texts(texts: Texts) -> list[str]:
    """One text or several as a list.

    Raises:
        InputError: A value that is not text.
    """
    given = [texts] if isinstance(texts, str) else texts
    if not isinstance(given, Sequence) or not all(isinstance(text, str) for text in given):
        raise InputError(f"Texts must be a str or a list of them. Received: {texts!r}.")
    for text in given:
        if not is_unicode(text):
            raise InputError(f"A text holds half a character (a lone surrogate): {text!a}.")
    return list(given)


def some_texts(texts: Texts) -> list[str]:
    """One text or several, at least one, as a list.

    Raises:
        InputError: No text, or a value that is not text.
    """
    given = as_texts(texts)
    if not given:
        raise InputError("Give at least one text.")
    return given


def checked_seed(seed: int) -> int:
    """A seed of noise.

    Raises:
        InputError: No whole number of 64 bits.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        raise InputError(f"A seed must be a whole number. Received: {seed!r}.") from None
    if not -(2**63) <= number < 2**63:
        raise InputError(f"A seed must lie in [-2^63, 2^63). Received: {seed}.")
    return number


def counted_seeds(seed: int, count: int) -> range:
    """Seeds of some rows, counted up from that of the first.

    Args:
        seed: Seed of the first row.
        count: Number of rows.

    Raises:
        InputError: A first or last seed that is no whole number of 64 bits.
    """
    first = checked_seed(seed)
    return range(first, checked_seed(first + count - 1) + 1)


def checked_seeds(seeds: Sequence[int]) -> list[int]:
    """The seeds of several rows, at least one.

    Raises:
        InputError: No seed, or one that is no whole number of 64 bits.
    """
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise InputError(f"seeds must be a list of whole numbers. Received: {seeds!r}.")
    checked = [checked_seed(each) for each in seeds]
    if not checked:
        raise InputError("seeds must have at least one.")
    return checked


def rows_and_seeds(
    texts: Sequence[str], seed: int, seeds: Sequence[int] | None
) -> tuple[list[str], list[int]]:
    """A text and a seed for each row.

    Args:
        texts: At least one.
        seed: Seed of the first row.
        seeds: Seeds of the rows; `None` counts from `seed` on.

    Raises:
        InputError: Several texts, and another number of seeds.
    """
    if seeds is None:
        return list(texts), list(counted_seeds(seed, len(texts)))
    rows = checked_seeds(seeds)
    if len(texts) == 1:
        return list(texts) * len(rows), rows
    if len(rows) != len(texts):
        raise InputError(
            f"seeds: as many as texts, {len(texts)}, or any number for one text. "
            f"Received: {len(rows)}."
        )
    return list(texts), rows


def checked_truncation(truncation: float) -> float:
    """The factor of the noise.

    Raises:
        InputError: A factor outside [0, 1].
    """
    if not isinstance(truncation, Real) or not 0.0 <= truncation <= 1.0:
        raise InputError(f"truncation must lie in [0, 1]. Received: {truncation!r}.")
    return float(truncation)
