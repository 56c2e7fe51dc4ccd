"""What a user holds: the same methods whether a run or an exported model was loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from keras_t2i.images.given import Picture

Texts = str | Sequence[str]


class NotOffered(InputError):
    """What was asked for is not among what this model can do; the message lists what is."""


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
        given = [texts] if isinstance(texts, str) else list(texts or ())
        if type(self).draw is Loaded.draw:
            raise self.refusal("generate")
        if not self.takes_texts:
            if given:
                raise InputError(f"{self!r} takes no texts; give seeds.")
            rows = [seed] if seeds is None else [int(each) for each in seeds]
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
        """What `generate` returns, of values that are checked; a model that draws gives it.

        Args:
            texts: A text a row; none where it draws from noise alone.
            seeds: A seed a row.
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
            back: Whether the second domain's are made the first's.

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
            "attention": kind.attention is not Loaded.attention,
            "encode": kind.encode is not Loaded.encode,
            "translate": kind.translate is not Loaded.translate,
            "reconstruct": kind.reconstruct is not Loaded.reconstruct,
            "export": kind.export is not Loaded.export,
        }
        names = ", ".join(name for name, own in offered.items() if own)
        return NotOffered(f"{self!r} does not offer `{method}`; it offers {names}.")


def as_texts(texts: Texts | None) -> list[str]:
    """One text or several as a list; `None` as none."""
    if texts is None:
        return []
    return [texts] if isinstance(texts, str) else list(texts)


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
        return list(texts), list(range(seed, seed + len(texts)))
    if len(texts) == 1:
        return list(texts) * len(seeds), [int(each) for each in seeds]
    if len(seeds) != len(texts):
        raise InputError(
            f"seeds: as many as texts, {len(texts)}, or any number for one text. "
            f"Received: {len(seeds)}."
        )
    return list(texts), [int(each) for each in seeds]


def checked_truncation(truncation: float) -> float:
    """The factor of the noise.

    Raises:
        InputError: It does not lie in [0, 1].
    """
    if not 0.0 <= truncation <= 1.0:
        raise InputError(f"truncation must lie in [0, 1]. Received: {truncation}.")
    return float(truncation)
