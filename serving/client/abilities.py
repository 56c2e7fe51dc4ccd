"""Abilities of a served model, found from the signatures that it publishes."""

from collections.abc import Mapping
from dataclasses import dataclass

from .signature import Signature


@dataclass(frozen=True)
class Ability:
    """A signature with the inputs and outputs that some use of a model needs.

    Args:
        signature: Name of the signature.
        inputs: Names of its inputs; it has no others.
        outputs: Names that are among its outputs.
    """

    signature: str
    inputs: frozenset[str]
    outputs: frozenset[str]

    def offered(self, signatures: Mapping[str, Signature]) -> bool:
        """Whether a model with these signatures can be asked for it."""
        found = signatures.get(self.signature)
        return found is not None and self.fits(found)

    def fits(self, signature: Signature) -> bool:
        """Whether a signature of that name has the inputs and outputs."""
        return self.inputs == signature.inputs.keys() and self.outputs <= signature.outputs.keys()

    def __str__(self) -> str:
        """`caption, seed → image_bytes`."""
        return f"{', '.join(sorted(self.inputs))} → {', '.join(sorted(self.outputs))}"


def ability(signature: str, inputs: str, outputs: str) -> Ability:
    """An ability, the names of its inputs and outputs between spaces."""
    return Ability(signature, frozenset(inputs.split()), frozenset(outputs.split()))


PICTURES_FROM_SEEDS = ability("generate", "seed truncation", "image_bytes")
POINTS_FROM_SEEDS = ability("generate", "seed truncation", "point")
MELODIES = ability("generate", "chords seed", "pitches")
CONTINUED = ability("continue_melody", "chords seed first_bar", "pitches")
TRANSLATE = ability("translate", "image_bytes", "image_bytes")
TRANSLATE_BACK = ability("translate_back", "image_bytes", "image_bytes")
COMPLETE = ability("complete", "image_bytes mask_bytes", "image_bytes")
RECONSTRUCT = ability("reconstruct", "image_bytes", "image_bytes")
CLASSIFY = ability("classify", "image_bytes", "labels probabilities groups exclusive")
ATTENTION = ability("encode_text", "caption", "embedding attention tokens")
UNKNOWN_WORDS = ability("encode_text", "caption", "unknown_words")
SAMPLE_NOISE = ability("sample_noise", "seed", "noise")


@dataclass(frozen=True)
class TextInput:
    """A kind of text that pictures are drawn from.

    Args:
        name: Name of the input of `generate`.
        encoder: Signature from texts to vectors.
        vector: Name of a text's vector, which `synthesize` takes.
        multi_hot: Whether the vectors consist of zeros and ones.
    """

    name: str
    encoder: str
    vector: str
    multi_hot: bool

    @property
    def generate(self) -> Ability:
        """Pictures from texts."""
        return ability("generate", f"{self.name} seed truncation", "image_bytes")

    @property
    def interpolate(self) -> Ability:
        """Pictures between two texts."""
        inputs = f"{self.name}_from {self.name}_to alpha seed"
        return ability("interpolate", inputs, "image_bytes")

    @property
    def encode(self) -> Ability:
        """Vectors of texts."""
        return ability(self.encoder, self.name, self.vector)

    @property
    def synthesize(self) -> Ability:
        """Pictures from noise and vectors."""
        return ability("synthesize", f"noise {self.vector}", "image_bytes")


CAPTIONS = TextInput("caption", "encode_text", "embedding", multi_hot=False)
LABELS = TextInput("labels", "encode_labels", "condition", multi_hot=True)
