"""Client of a served model in an event loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from PIL import Image

from . import abilities
from .abilities import Ability, TextInput
from .connection import Columns, Rows
from .endpoint import Endpoint
from .errors import ClientError
from .pictures import from_png, to_png
from .seeds import checked, draws
from .signature import Signature, signatures_of
from .waiting import InEventLoop, Waiting

_NO_WORDS = {"", "<start>", "<end>", "[UNK]"}  # tokens of `encode_text`
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class LabelGroup:
    """Labels that belong together, such as the colours of hair.

    Args:
        name: Name of the group.
        labels: Names of its labels.
        exclusive: Whether a picture has exactly one of them, not any number.
    """

    name: str
    labels: list[str]
    exclusive: bool


@dataclass
class AsyncClient(Endpoint):
    """Asks a served model from coroutines of asyncio; what it takes is what `Client` takes.

    `async with AsyncClient("http://localhost:8501/v1/models/birds") as birds:` closes its
    connections at the end. It is used in one event loop.

    Each method needs signatures that the model publishes, and raises ClientError if it has not got
    them, or if the server cannot be reached, refuses, or does not answer in time.
    """

    _waiting: ClassVar[Waiting] = InEventLoop()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._connection = self.connect(self._waiting)
        self._signatures: dict[str, Signature] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
        await self._connection.close()

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        return await self._connection.metadata()

    async def signatures(self) -> dict[str, Signature]:
        """The model's signatures by name, as they were when first asked for."""
        if self._signatures is None:
            self._signatures = signatures_of(await self.metadata())
        return self._signatures

    async def signature(self, name: str) -> Signature:
        """One of the model's signatures."""
        held = await self.signatures()
        if name not in held:
            raise ClientError(
                f"{self.model} has no signature {name!r}; it has {', '.join(sorted(held))}."
            )
        return held[name]

    async def offers(self, ability: Ability) -> bool:
        """Whether the model can be asked for something."""
        return ability.offered(await self.signatures())

    async def text_input(self) -> TextInput:
        """The kind of text that the model draws from.

        Raises:
            ClientError: A model that draws from no texts.
        """
        for text in (abilities.CAPTIONS, abilities.LABELS):
            if await self.offers(text.generate):
                return text
        signatures = await self.signatures()
        held = "; ".join(f"{name}: {one}" for name, one in sorted(signatures.items()))
        raise ClientError(f"{self.model} draws from neither captions nor labels; it has {held}.")

    async def generate(
        self, texts: Sequence[str], seed: int = 0, truncation: float = 1.0
    ) -> list[Image.Image]:
        """Draw a picture for each caption, or for each picture's labels.

        Args:
            texts: Captions, or labels such as "female, wavy, double eyelid".
            seed: Seed of the first picture's noise; the next ones take the next numbers.
            truncation: Factor of the noise in [0, 1].
        """
        noise = draws(len(texts), seed, truncation)
        text = await self.text_input()
        return await self._pictures(text.generate, {text.name: list(texts), **noise})

    async def unknown_words(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """Words that the model does not know, by caption; captions of known words are left out.

        A model of labels, or one that an earlier version exported, names none.

        Args:
            texts: Captions; one that comes again counts once.
        """
        if not await self.offers(abilities.UNKNOWN_WORDS):
            return {}
        different = list(dict.fromkeys(texts))

        def read(found: Columns) -> dict[str, list[str]]:
            pairs = zip(different, found["unknown_words"], strict=True)
            return {text: words.split(" ") for text, words in pairs if words}

        return await self._read(abilities.UNKNOWN_WORDS, {"caption": different}, read)

    async def draw(self, count: int, seed: int = 0, truncation: float = 1.0) -> list[Image.Image]:
        """Pictures of a model that draws from noise alone; the seeds are consecutive."""
        return await self._pictures(abilities.PICTURES_FROM_SEEDS, draws(count, seed, truncation))

    async def points(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Points of a model that draws points, float32 (count, 2); the seeds are consecutive."""
        rows = draws(count, seed, truncation)
        return await self._array(abilities.POINTS_FROM_SEEDS, rows, "point")

    async def melody(
        self, chords: str, seed: int = 0, first_bar: Sequence[int] | None = None
    ) -> np.ndarray:
        """MIDI numbers int (bars, 16) of a melody over chords such as `C G Am F`, one per bar.

        Args:
            chords: The progression.
            seed: Seed of the noise.
            first_bar: MIDI numbers of the sixteen steps that the melody begins with, if any.
        """
        rows: Rows = {"chords": [chords], "seed": checked([seed])}
        ability = abilities.MELODIES
        if first_bar is not None:
            ability = abilities.CONTINUED
            rows = {**rows, "first_bar": [[int(pitch) for pitch in first_bar]]}
        return (await self._array(ability, rows, "pitches", "int64"))[0]

    async def translate(
        self, pictures: Sequence[Image.Image], back: bool = False
    ) -> list[Image.Image]:
        """Translate pictures by a model from pictures to pictures.

        Args:
            pictures: Pictures of any size.
            back: Whether to translate from domain B to domain A, as CycleGAN can.
        """
        way = abilities.TRANSLATE_BACK if back else abilities.TRANSLATE
        return await self._pictures(way, {"image_bytes": [to_png(p) for p in pictures]})

    async def reconstruct(self, pictures: Sequence[Image.Image]) -> list[Image.Image]:
        """Pictures through the model's encoder and decoder."""
        rows = {"image_bytes": [to_png(p) for p in pictures]}
        return await self._pictures(abilities.RECONSTRUCT, rows)

    async def complete(
        self, pictures: Sequence[Image.Image], masks: Sequence[Image.Image]
    ) -> list[Image.Image]:
        """Pictures with their holes filled.

        Args:
            pictures: Pictures of any size.
            masks: Mask of each picture, of its size; what is not black is the hole.
        """
        rows = {
            "image_bytes": [to_png(p) for p in pictures],
            "mask_bytes": [to_png(m) for m in masks],
        }
        return await self._pictures(abilities.COMPLETE, rows)

    async def interpolate(
        self, start: str, end: str, steps: int = 8, seed: int = 0
    ) -> list[Image.Image]:
        """Pictures on the way from one text to another, with the same noise."""
        if steps < 1:
            raise ClientError(f"The steps must be at least 1. Received: {steps}.")
        text = await self.text_input()
        rows: Rows = {
            f"{text.name}_from": [start] * steps,
            f"{text.name}_to": [end] * steps,
            "alpha": [i / max(1, steps - 1) for i in range(steps)],
            "seed": checked([seed]) * steps,
        }
        return await self._pictures(text.interpolate, rows)

    async def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """`embedding` (N, E), `attention` (N, r, n) and `tokens` (N, n) of captions."""

        def read(found: Columns) -> dict[str, np.ndarray]:
            return {name: np.array(rows) for name, rows in found.items()}

        return await self._read(abilities.ATTENTION, {"caption": list(captions)}, read)

    async def condition(self, texts: Sequence[str]) -> np.ndarray:
        """Conditions of the generator for captions, or labels: float32 (N, E).

        Raises:
            ClientError: A caption has no word that the model knows; `generate` refuses it too.
        """
        text = await self.text_input()

        def read(found: Columns) -> np.ndarray:
            for caption, tokens in zip(texts, found.get("tokens", ()), strict=False):
                if not set(tokens) - _NO_WORDS:
                    raise ClientError(f"{caption!r} has no word that {self.model} knows.")
            return _numbers(found[text.vector], "float32")

        return await self._read(text.encode, {text.name: list(texts)}, read)

    async def noise(self, seeds: Sequence[int]) -> np.ndarray:
        """The noise of seeds, as `generate` draws it: float32 (N, z)."""
        return await self._array(abilities.SAMPLE_NOISE, {"seed": checked(seeds)}, "noise")

    async def synthesize(self, noise: np.ndarray, condition: np.ndarray) -> list[Image.Image]:
        """Pictures of noise (N, z) and embeddings, or label vectors, (N, E)."""
        text = await self.text_input()
        rows = {
            "noise": np.asarray(noise).tolist(),
            text.vector: np.asarray(condition).tolist(),
        }
        return await self._pictures(text.synthesize, rows)

    async def label_groups(self) -> list[LabelGroup]:
        """The labels that the model knows, group by group; none if it does not name them."""
        if not await self.offers(abilities.CLASSIFY):
            return []
        grey = to_png(Image.new("RGB", (64, 64), "grey"))

        def read(found: Columns) -> list[LabelGroup]:
            groups: dict[str, LabelGroup] = {}
            columns = (found[name][0] for name in ("labels", "groups", "exclusive"))
            for label, group, exclusive in zip(*columns, strict=True):
                groups.setdefault(group, LabelGroup(group, [], exclusive)).labels.append(label)
            return list(groups.values())

        return await self._read(abilities.CLASSIFY, {"image_bytes": [grey]}, read)

    async def labels(self, pictures: Sequence[Image.Image]) -> list[dict[str, float]]:
        """The labels that the model reads in pictures, with their probabilities."""

        def read(found: Columns) -> list[dict[str, float]]:
            rows = zip(found["labels"], found["probabilities"], strict=True)
            return [dict(zip(names, values, strict=True)) for names, values in rows]

        rows = {"image_bytes": [to_png(p) for p in pictures]}
        return await self._read(abilities.CLASSIFY, rows, read)

    async def call(self, name: str, rows: Rows) -> Columns:
        """Any signature: columns of inputs to columns of outputs.

        Args:
            name: Name of the signature.
            rows: Columns by the inputs' names; pictures are the bytes of their files.

        Returns:
            Columns by the outputs' names; `bytes` where a name ends with `_bytes`.
        """
        signature = await self.signature(name)
        if rows.keys() != signature.inputs.keys():
            raise ClientError(
                f"{self.model}: the signature {name!r} takes {', '.join(sorted(signature.inputs))}."
                f" Received: {', '.join(sorted(rows))}."
            )
        return await self._connection.predict(name, signature, rows)

    async def _run(self, ability: Ability, rows: Rows) -> Columns:
        found = await self.signature(ability.signature)
        if not ability.fits(found):
            raise ClientError(
                f"{self.model}: the signature {ability.signature!r} is {found}; "
                f"needed is {ability}."
            )
        return await self.call(ability.signature, rows)

    async def _read(self, ability: Ability, rows: Rows, read: Callable[[Columns], _Read]) -> _Read:
        """The result of a function that reads an answer, which may be of any form."""
        found = await self._run(ability, rows)
        try:
            return read(found)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise ClientError(
                f"{self.model}: the answer of {ability.signature!r} is not what its name promises."
            ) from error

    async def _array(
        self, ability: Ability, rows: Rows, output: str, dtype: str = "float32"
    ) -> np.ndarray:
        return await self._read(ability, rows, lambda found: _numbers(found[output], dtype))

    async def _pictures(self, ability: Ability, rows: Rows) -> list[Image.Image]:
        found = await self._run(ability, rows)
        return [from_png(png) for png in found["image_bytes"]]


def _numbers(column: list[Any], dtype: str) -> np.ndarray:
    """A column of numbers, or of lists of equally many.

    Raises:
        ValueError: Texts, or lists of several lengths.
    """
    found = np.array(column)
    if found.dtype.kind not in "biuf":
        raise ValueError("no numbers")
    return found.astype(dtype)
