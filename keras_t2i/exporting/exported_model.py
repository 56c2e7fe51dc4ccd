"""An exported model with the methods of a trained one."""

import io
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from keras_t2i.exporting.loaded import (
    Loaded,
    Melody,
    NotOffered,
    Texts,
    rows_and_seeds,
    some_texts,
)
from keras_t2i.images.given import opened, white_of
from keras_t2i.metrics.served import decoded, loaded, newest_version, refusal_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.midi import first_bar
from keras_t2i.text.unknown_words import tell_of_unknown_words

if TYPE_CHECKING:
    from keras_t2i.images.given import Picture

_TEXTS = ("caption", "labels", "chords")
_OUTPUTS = ("image_bytes", "point", "pitches")


class ExportedModel(Loaded):
    """A SavedModel that `export` wrote; its signatures answer.

    Args:
        folder: The SavedModel, or a folder of its versions, of which the highest counts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = newest_version(folder)

    def __repr__(self) -> str:
        return f"{self.folder}, an exported model with {', '.join(sorted(self._signatures))},"

    @cached_property
    def _signatures(self) -> Any:
        return loaded(self.folder).signatures

    @property
    def example_text(self) -> str | None:
        """A text in the place of an example, which a model does not bring along."""
        return self._text_input

    @cached_property
    def _text_input(self) -> str | None:
        """The input of texts of `generate`: `caption`, `labels` or `chords`."""
        inputs = self._inputs("generate")
        return next((name for name in _TEXTS if name in inputs), None)

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """Draw by the signature `generate`."""
        self._tell(texts)
        feeds: dict[str, Any] = {"seed": list(seeds)}
        if self._text_input:
            feeds[self._text_input] = list(texts)
        if "truncation" in self._inputs("generate"):
            feeds["truncation"] = [truncation] * len(seeds)
        return self._answer("generate", **feeds)

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures between two texts, by the signature `interpolate`: uint8 (steps, S, S, 3)."""
        if steps < 2:
            raise InputError(f"steps must be at least 2. Received: {steps}.")
        if truncation != 1.0:
            raise InputError("An exported model interpolates at full truncation, 1.")
        inputs = self._inputs("interpolate")
        self._tell([start, end])
        kind = "caption" if "caption_from" in inputs else "labels"
        return self._answer(
            "interpolate",
            alpha=np.linspace(0.0, 1.0, steps, dtype="float32"),
            seed=[seed] * steps,
            **{f"{kind}_from": [start] * steps, f"{kind}_to": [end] * steps},
        )

    def continue_melody(
        self,
        texts: Texts,
        melody: Melody,
        *,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
    ) -> np.ndarray:
        """Melodies after a given first bar, by `continue_melody`: int64 (N, bars, 16)."""
        self._inputs("continue_melody")  # refuses before the file is read
        given, rows = rows_and_seeds(some_texts(texts), seed, seeds)
        bar = first_bar(melody)
        return self._answer("continue_melody", chords=given, seed=rows, first_bar=[bar] * len(rows))

    def encode(self, texts: Texts) -> np.ndarray:
        """Texts as the generator takes them, by `encode_text` or `encode_labels`."""
        if "encode_text" in self._signatures:
            return self._run("encode_text", caption=some_texts(texts))["embedding"]
        return self._run("encode_labels", labels=some_texts(texts))["condition"]

    def translate(self, pictures: "Sequence[Picture]", *, back: bool = False) -> np.ndarray:
        """Pictures of pictures, by `translate`, `translate_back` or `complete`: uint8 (N, S, S, 3).

        A model that completes pictures fills what is white in them.
        """
        if "complete" in self._signatures and not back:
            holes = [_as_png(white_of(opened(picture))) for picture in pictures]
            return self._answer("complete", image_bytes=_all_png(pictures), mask_bytes=holes)
        name = "translate_back" if back else "translate"
        return self._answer(name, image_bytes=_all_png(pictures))

    def reconstruct(self, pictures: "Sequence[Picture]") -> np.ndarray:
        """Pictures through encoder and decoder, by `reconstruct`: uint8 (N, S, S, 3)."""
        return self._answer("reconstruct", image_bytes=_all_png(pictures))

    def refusal(self, method: str) -> NotOffered:
        """The error of a method for which there is no signature."""
        return NotOffered(f"{self!r} does not offer `{method}`.")

    def _tell(self, texts: Sequence[str]) -> None:
        """Say on stderr which words of captions the model does not know, where it tells them."""
        encode = self._signatures.get("encode_text")
        if texts and encode is not None and "unknown_words" in encode.structured_outputs:
            different = list(dict.fromkeys(texts))
            unknown = self._run("encode_text", caption=different)["unknown_words"]
            words = [line.decode().split(" ") if line else [] for line in unknown.tolist()]
            tell_of_unknown_words(dict(zip(different, words, strict=True)))

    def _inputs(self, name: str) -> dict[str, Any]:
        """The inputs of a signature."""
        if name not in self._signatures:
            raise self.refusal(name)
        return self._signatures[name].structured_input_signature[1]

    def _run(self, name: str, **feeds: Any) -> dict[str, np.ndarray]:
        """The outputs of a signature."""
        import tensorflow as tf

        specs = self._inputs(name)
        tensors = {key: tf.constant(value, specs[key].dtype) for key, value in feeds.items()}
        try:
            found = self._signatures[name](**tensors)
        except tf.errors.InvalidArgumentError as error:
            raise InputError(f"{self.folder}: {refusal_of(error)}") from error
        return {key: value.numpy() for key, value in found.items()}

    def _answer(self, name: str, **feeds: Any) -> np.ndarray:
        """The one output of a signature; pictures decoded."""
        outputs = self._run(name, **feeds)
        key = next(key for key in _OUTPUTS if key in outputs)
        if key != "image_bytes":
            return outputs[key]
        return np.stack([decoded(png) for png in outputs[key]])


def _all_png(pictures: "Sequence[Picture]") -> list[bytes]:
    """Pictures as PNG bytes."""
    return [_as_png(opened(picture)) for picture in pictures]


def _as_png(picture: Image.Image) -> bytes:
    """A picture as PNG bytes: at its own size, or at the largest that a model takes."""
    from keras_t2i.exporting.picture_size import MOST_PIXELS

    share = math.sqrt(MOST_PIXELS / (picture.width * picture.height))
    if share < 1.0:
        sides = [max(1, int(side * share)) for side in picture.size]
        picture = picture.resize(sides, Image.Resampling.LANCZOS, reducing_gap=2.0)
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
