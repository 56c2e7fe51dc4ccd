"""Client of a served model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from . import abilities
from .abilities import Ability, TextInput
from .connecting import connect
from .connection import Columns, Connection, RetryingConnection, Rows, address_of
from .errors import ClientError
from .pictures import from_png, to_png
from .signature import Signature, signatures_of

_NO_WORDS = {"", "<start>", "<end>", "[UNK]"}  # tokens of `encode_text`


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
class Client:
    """Asks a served model, over TensorFlow Serving's REST API or gRPC.

    Each method needs signatures that the model publishes, and raises ClientError if it has not got
    them, or if the server cannot be reached, refuses, or does not answer in time.

    Args:
        url: `http://HOST:8501` or `grpc://HOST:8500`; a path `/v1/models/NAME` names the model.
        model: Name of the model, if the URL does not say it.
        version: Number of its version; by default the newest.
        timeout: Seconds for an answer.
        retries: Number of further attempts if there is no connection, or the server is overloaded
            or not ready; the first waits a quarter of a second, each next one twice as long.

    Raises:
        ClientError: The URL has another form.
    """

    url: str
    model: str = "default"
    version: int | None = None
    timeout: float = 60.0
    retries: int = 4
    _connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        address = address_of(self.url, self.model, self.version)
        self.model = address.model
        self._connection = RetryingConnection(
            connect(address, self.timeout), self.url, self.retries
        )

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        return self._connection.metadata()

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """The model's signatures by name, as they were when first asked for."""
        return signatures_of(self.metadata())

    def signature(self, name: str) -> Signature:
        """One of the model's signatures."""
        if name not in self.signatures:
            raise ClientError(
                f"{self.model} has no signature {name!r}; it has "
                f"{', '.join(sorted(self.signatures))}."
            )
        return self.signatures[name]

    def offers(self, ability: Ability) -> bool:
        """Whether the model can be asked for something."""
        return ability.offered(self.signatures)

    @property
    def text_input(self) -> TextInput:
        """The kind of text that the model draws from.

        Raises:
            ClientError: A model that draws from no texts.
        """
        for text in (abilities.CAPTIONS, abilities.LABELS):
            if self.offers(text.generate):
                return text
        held = "; ".join(f"{name}: {one}" for name, one in sorted(self.signatures.items()))
        raise ClientError(f"{self.model} draws from neither captions nor labels; it has {held}.")

    def generate(
        self, texts: Sequence[str], seed: int = 0, truncation: float = 1.0
    ) -> list[Image.Image]:
        """Draw a picture for each caption, or for each picture's labels.

        Args:
            texts: Captions, or labels such as "female, wavy, double eyelid".
            seed: Seed of the first picture's noise; the next ones take the next numbers.
            truncation: Factor of the noise in [0, 1].
        """
        text = self.text_input
        rows: Rows = {text.name: list(texts), **_draws(len(texts), seed, truncation)}
        return self._pictures(text.generate, rows)

    def unknown_words(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """Words that the model does not know, by caption; captions of known words are left out.

        A model of labels, or one that an earlier version exported, names none.

        Args:
            texts: Captions; one that comes again counts once.
        """
        if not self.offers(abilities.UNKNOWN_WORDS):
            return {}
        different = list(dict.fromkeys(texts))
        found = self._run(abilities.UNKNOWN_WORDS, {"caption": different})["unknown_words"]
        pairs = zip(different, found, strict=True)
        return {text: words.split(" ") for text, words in pairs if words}

    def draw(self, count: int, seed: int = 0, truncation: float = 1.0) -> list[Image.Image]:
        """Pictures of a model that draws from noise alone; the seeds are consecutive."""
        return self._pictures(abilities.PICTURES_FROM_SEEDS, _draws(count, seed, truncation))

    def points(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Points of a model that draws points, float32 (count, 2); the seeds are consecutive."""
        found = self._run(abilities.POINTS_FROM_SEEDS, _draws(count, seed, truncation))
        return np.array(found["point"], "float32")

    def melody(
        self, chords: str, seed: int = 0, first_bar: Sequence[int] | None = None
    ) -> np.ndarray:
        """MIDI numbers int (bars, 16) of a melody over chords such as `C G Am F`, one per bar.

        Args:
            chords: The progression.
            seed: Seed of the noise.
            first_bar: MIDI numbers of the sixteen steps that the melody begins with, if any.
        """
        rows: Rows = {"chords": [chords], "seed": [seed]}
        if first_bar is None:
            found = self._run(abilities.MELODIES, rows)
        else:
            given = [int(pitch) for pitch in first_bar]
            found = self._run(abilities.CONTINUED, {**rows, "first_bar": [given]})
        return np.array(found["pitches"][0], "int64")

    def translate(self, pictures: Sequence[Image.Image], back: bool = False) -> list[Image.Image]:
        """Translate pictures by a model from pictures to pictures.

        Args:
            pictures: Pictures of any size.
            back: Whether to translate from domain B to domain A, as CycleGAN can.
        """
        way = abilities.TRANSLATE_BACK if back else abilities.TRANSLATE
        return self._pictures(way, {"image_bytes": [to_png(p) for p in pictures]})

    def reconstruct(self, pictures: Sequence[Image.Image]) -> list[Image.Image]:
        """Pictures through the model's encoder and decoder."""
        rows = {"image_bytes": [to_png(p) for p in pictures]}
        return self._pictures(abilities.RECONSTRUCT, rows)

    def complete(
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
        return self._pictures(abilities.COMPLETE, rows)

    def interpolate(self, start: str, end: str, steps: int = 8, seed: int = 0) -> list[Image.Image]:
        """Pictures on the way from one text to another, with the same noise."""
        text = self.text_input
        rows: Rows = {
            f"{text.name}_from": [start] * steps,
            f"{text.name}_to": [end] * steps,
            "alpha": [i / max(1, steps - 1) for i in range(steps)],
            "seed": [seed] * steps,
        }
        return self._pictures(text.interpolate, rows)

    def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """`embedding` (N, E), `attention` (N, r, n) and `tokens` (N, n) of captions."""
        found = self._run(abilities.ATTENTION, {"caption": list(captions)})
        return {name: np.array(rows) for name, rows in found.items()}

    def condition(self, texts: Sequence[str]) -> np.ndarray:
        """Conditions of the generator for captions, or labels: float32 (N, E).

        Raises:
            ClientError: A caption has no word that the model knows; `generate` refuses it too.
        """
        text = self.text_input
        found = self._run(text.encode, {text.name: list(texts)})
        for caption, tokens in zip(texts, found.get("tokens", ()), strict=False):
            if not set(tokens) - _NO_WORDS:
                raise ClientError(f"{caption!r} has no word that {self.model} knows.")
        return np.array(found[text.vector], "float32")

    def noise(self, seeds: Sequence[int]) -> np.ndarray:
        """The noise of seeds, as `generate` draws it: float32 (N, z)."""
        found = self._run(abilities.SAMPLE_NOISE, {"seed": list(seeds)})
        return np.array(found["noise"], "float32")

    def synthesize(self, noise: np.ndarray, condition: np.ndarray) -> list[Image.Image]:
        """Pictures of noise (N, z) and embeddings, or label vectors, (N, E)."""
        text = self.text_input
        rows = {
            "noise": np.asarray(noise).tolist(),
            text.vector: np.asarray(condition).tolist(),
        }
        return self._pictures(text.synthesize, rows)

    def label_groups(self) -> list[LabelGroup]:
        """The labels that the model knows, group by group; none if it does not name them."""
        if not self.offers(abilities.CLASSIFY):
            return []
        grey = to_png(Image.new("RGB", (64, 64), "grey"))
        found = self._run(abilities.CLASSIFY, {"image_bytes": [grey]})
        groups: dict[str, LabelGroup] = {}
        columns = (found[name][0] for name in ("labels", "groups", "exclusive"))
        for label, group, exclusive in zip(*columns, strict=True):
            groups.setdefault(group, LabelGroup(group, [], exclusive)).labels.append(label)
        return list(groups.values())

    def labels(self, pictures: Sequence[Image.Image]) -> list[dict[str, float]]:
        """The labels that the model reads in pictures, with their probabilities."""
        found = self._run(abilities.CLASSIFY, {"image_bytes": [to_png(p) for p in pictures]})
        return [
            dict(zip(names, values, strict=True))
            for names, values in zip(found["labels"], found["probabilities"], strict=True)
        ]

    def call(self, name: str, rows: Rows) -> Columns:
        """Any signature: columns of inputs to columns of outputs.

        Args:
            name: Name of the signature.
            rows: Columns by the inputs' names; pictures are the bytes of their files.

        Returns:
            Columns by the outputs' names; `bytes` where a name ends with `_bytes`.
        """
        signature = self.signature(name)
        if rows.keys() != signature.inputs.keys():
            raise ClientError(
                f"{self.model}: the signature {name!r} takes {', '.join(sorted(signature.inputs))}."
                f" Received: {', '.join(sorted(rows))}."
            )
        return self._connection.predict(name, signature, rows)

    def _run(self, ability: Ability, rows: Rows) -> Columns:
        found = self.signature(ability.signature)
        if not ability.fits(found):
            raise ClientError(
                f"{self.model}: the signature {ability.signature!r} is {found}; "
                f"needed is {ability}."
            )
        return self.call(ability.signature, rows)

    def _pictures(self, ability: Ability, rows: Rows) -> list[Image.Image]:
        return [from_png(png) for png in self._run(ability, rows)["image_bytes"]]


def _draws(count: int, seed: int, truncation: float) -> dict[str, list[Any]]:
    """Columns of consecutive seeds and of a truncation, checked before anything is asked."""
    if not -(2**63) <= seed <= seed + count <= 2**63:
        raise ClientError(f"A seed must lie in [-2^63, 2^63). Received: {seed}.")
    if not 0.0 <= truncation <= 1.0:
        raise ClientError(f"The truncation must lie in [0, 1]. Received: {truncation}.")
    return {"seed": list(range(seed, seed + count)), "truncation": [float(truncation)] * count}
