"""An exported model as what a user holds."""

import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.exporting.loaded import (
    Loaded,
    Texts,
    as_texts,
    checked_truncation,
    rows_and_seeds,
)
from keras_t2i.metrics.served import decoded, loaded, newest_version
from keras_t2i.pipelines.errors import InputError

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

    def generate(
        self,
        texts: Texts | None = None,
        *,
        seed: int = 0,
        seeds: Sequence[int] | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """What the signature `generate` draws; see `Loaded.generate`."""
        inputs = self._inputs("generate")
        kind = next((name for name in _TEXTS if name in inputs), None)
        given = as_texts(texts)
        if bool(given) != bool(kind):
            raise InputError(f"{self!r} takes {kind or 'no texts; give seeds'}.")
        if kind:
            given, rows = rows_and_seeds(given, seed, seeds)
        else:
            rows = [seed] if seeds is None else [int(each) for each in seeds]
        feeds: dict[str, Any] = {kind: given} if kind else {}
        if "truncation" in inputs:
            feeds["truncation"] = [checked_truncation(truncation)] * len(rows)
        return self._answer("generate", seed=rows, **feeds)

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures between two texts, by the signature `interpolate`: uint8 (steps, S, S, 3)."""
        if steps < 2:
            raise InputError(f"steps must be at least 2. Received: {steps}.")
        if truncation != 1.0:
            raise InputError("An exported model interpolates at full truncation, 1.")
        inputs = self._inputs("interpolate")
        kind = "caption" if "caption_from" in inputs else "labels"
        return self._answer(
            "interpolate",
            alpha=np.linspace(0.0, 1.0, steps, dtype="float32"),
            seed=[seed] * steps,
            **{f"{kind}_from": [start] * steps, f"{kind}_to": [end] * steps},
        )

    def encode(self, texts: Texts) -> np.ndarray:
        """Texts as the generator takes them, by `encode_text` or `encode_labels`."""
        if "encode_text" in self._signatures:
            return self._run("encode_text", caption=as_texts(texts))["embedding"]
        return self._run("encode_labels", labels=as_texts(texts))["condition"]

    def translate(self, pictures: "Sequence[Picture]", *, back: bool = False) -> np.ndarray:
        """Pictures of pictures, by `translate` or `translate_back`: uint8 (N, S, S, 3)."""
        name = "translate_back" if back else "translate"
        return self._answer(name, image_bytes=_as_png(pictures))

    def reconstruct(self, pictures: "Sequence[Picture]") -> np.ndarray:
        """Pictures through encoder and decoder, by `reconstruct`: uint8 (N, S, S, 3)."""
        return self._answer("reconstruct", image_bytes=_as_png(pictures))

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
            raise InputError(f"{self.folder}: {str(error).splitlines()[0]}") from error
        return {key: value.numpy() for key, value in found.items()}

    def _answer(self, name: str, **feeds: Any) -> np.ndarray:
        """The one output of a signature; pictures decoded."""
        outputs = self._run(name, **feeds)
        key = next(key for key in _OUTPUTS if key in outputs)
        if key != "image_bytes":
            return outputs[key]
        return np.stack([decoded(png) for png in outputs[key]])


def _as_png(pictures: "Sequence[Picture]") -> list[bytes]:
    """Pictures as PNG bytes, at their own size."""
    from keras_t2i.images.given import opened

    held = []
    for picture in pictures:
        png = io.BytesIO()
        opened(picture).save(png, "PNG")
        held.append(png.getvalue())
    return held
