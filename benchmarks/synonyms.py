"""Embeddings of words that no training caption has, by synonyms.

    python -m benchmarks.synonyms cub10-birds encoders/wordllama/model.onnx encoders/minilm \
        --data data/cub10

In captions of unseen pictures a word, such as "red", gives way to a synonym that neither the
training captions nor the run's vocabulary have: "crimson". Its embedding is compared with those of
the caption with each word of the kind in that place: red, blue, yellow, … Right is the share of
synonyms whose nearest one is the word that was replaced. Moved is the distance between the captions
with the synonym and with the word, where that of another word of the kind is 1.

A run is measured as it is. A given encoder is measured as it is, and with the coordinates that
`FrozenEncoderStage` fits to the training captions.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from benchmarks.opening import opened
from keras_t2i.pipelines.command import run as as_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.task import TextToImageTask

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import Split

Encode = Callable[[Sequence[str]], np.ndarray]

# Words of captions, with synonyms that bird captions hardly have.
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "colours": {
        "red": ("crimson", "scarlet", "ruby", "vermilion"),
        "blue": ("azure", "cobalt", "sapphire"),
        "yellow": ("lemon", "golden"),
        "green": ("emerald", "jade"),
        "orange": ("tangerine", "apricot"),
        "brown": ("chestnut", "mahogany", "umber"),
        "black": ("ebony", "inky", "sable"),
        "white": ("ivory", "snowy"),
        "grey": ("ashen",),
    },
    "parts": {
        "belly": ("tummy", "stomach"),
        "beak": ("snout", "neb"),
        "head": ("skull", "noggin"),
        "wings": ("pinions",),
        "eyes": ("eyeballs",),
        "feet": ("paws", "talons"),
        "breast": ("bosom",),
        "throat": ("gullet",),
        "back": ("spine",),
    },
    "sizes": {
        "small": ("miniature", "diminutive", "minuscule", "teeny"),
        "large": ("gigantic", "colossal", "immense", "enormous"),
    },
}


@dataclass(frozen=True)
class Arguments:
    """Measure what encoders make of synonyms of words that they know.

    Args:
        encoders: Runs of captions, names of pretrained ones, or given encoders: .keras or .onnx
            files, or folders of SavedModels.
        data: The prepared data.
        split: Split whose captions are changed.
        captions: Number of captions for each word, at most.
        embedding_dim: Width of the embedding of a given encoder.
    """

    encoders: Annotated[tuple[Path, ...], tyro.conf.Positional]
    data: Path
    split: str = "test"
    captions: int = 20
    embedding_dim: int = 128


@dataclass(frozen=True)
class Case:
    """A caption in which a word gives way to a synonym.

    Args:
        synonym: The caption with the synonym.
        choices: The caption with each word of the kind.
        right: Place of the caption as it was among `choices`.
    """

    synonym: str
    choices: tuple[str, ...]
    right: int


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow
    from keras_t2i.pipelines.records import read_split

    load_tensorflow()
    train, asked = (read_split(arguments.data, name) for name in ("train", arguments.split))
    read = [
        each
        for path in arguments.encoders
        for each in encoders_of(path, train.captions, arguments.embedding_dim)
    ]
    known = words_of(train.captions).union(*(vocabulary for _, _, vocabulary in read))
    cases = {
        kind: cases_of(words, asked, known, arguments.captions) for kind, words in KINDS.items()
    }
    for kind, held in cases.items():
        synonyms = {s for each in KINDS[kind].values() for s in each} - known
        chance = 1 / len(KINDS[kind])
        print(f"{kind}: {len(synonyms)} synonyms, {len(held)} captions, chance {chance:.3f}")
    print("| encoder | kind | right | moved |\n|---|---|---|---|", flush=True)
    for name, encode, _ in read:
        for kind, held in cases.items():
            right, moved = measured(encode, held)
            print(f"| {name} | {kind} | {right:.3f} | {moved:.3f} |", flush=True)


def encoders_of(
    path: Path, captions: Sequence[str], embedding_dim: int
) -> list[tuple[str, Encode, frozenset[str]]]:
    """Names of encoders, functions from captions to embeddings, and words that they were taught.

    Args:
        path: A run, the name of a pretrained one, or a given encoder.
        captions: The training captions.
        embedding_dim: Width of the embedding of a given encoder.
    """
    from keras_t2i.text.frozen.files import is_saved_model

    if path.suffix in (".keras", ".onnx") or is_saved_model(path):
        return _given(path, captions, embedding_dim)
    task = opened(path, TextToImageTask, "a run that draws from captions")
    return [(path.name, task.encode, frozenset(task.tokenizer.vocabulary))]


def _given(
    path: Path, captions: Sequence[str], embedding_dim: int
) -> list[tuple[str, Encode, frozenset[str]]]:
    from keras_t2i.images.batches import in_batches
    from keras_t2i.text.frozen.files import open_model
    from keras_t2i.text.frozen.frozen_encoder import FrozenEncoder

    model = open_model(path, "encoder")
    encoder = FrozenEncoder(model, min(embedding_dim, model.width))

    def features(texts: Sequence[str]) -> np.ndarray:
        return in_batches(encoder.features, list(texts))

    def embedded(texts: Sequence[str]) -> np.ndarray:
        return np.asarray(encoder.projected(features(texts)))

    share = encoder.fit_axes(features(captions))
    name = path.name if path.is_dir() else path.parent.name
    fitted = f"{name}, {encoder.embedding_dim} coordinates of share {share:.3f}"
    return [(name, features, frozenset()), (fitted, embedded, frozenset())]


def words_of(captions: Sequence[str]) -> frozenset[str]:
    """All words of captions, in lower case."""
    return frozenset(word for text in captions for word in re.findall(r"[a-z]+", text.lower()))


def cases_of(
    kind: dict[str, tuple[str, ...]], split: "Split", known: frozenset[str], most: int
) -> list[Case]:
    """Changed captions of a kind of words.

    Args:
        kind: Words, and synonyms of each.
        split: Captions to change.
        known: Words that no synonym may be.
        most: Number of captions for each word, at most.

    Raises:
        InputError: No caption has such a word.
    """
    cases = []
    for place, (word, synonyms) in enumerate(kind.items()):
        pattern = re.compile(rf"\b{word}\b")
        having = [text.lower() for text in split.captions if pattern.search(text.lower())]
        rows = np.unique(np.linspace(0, len(having) - 1, most).astype(int)) if having else ()
        for text in (having[row] for row in rows):
            choices = tuple(pattern.sub(other, text, count=1) for other in kind)
            cases += [
                Case(pattern.sub(synonym, text, count=1), choices, place)
                for synonym in synonyms
                if synonym not in known
            ]
    if not cases:
        raise InputError(f"No caption has one of these words: {', '.join(kind)}.")
    return cases


def measured(encode: Encode, cases: Sequence[Case]) -> tuple[float, float]:
    """The share of synonyms that are taken for the right word, and how far they move a caption.

    Args:
        encode: Function from captions to embeddings (N, E).
        cases: The changed captions.
    """
    texts = sorted({text for case in cases for text in (case.synonym, *case.choices)})
    embedded = dict(zip(texts, encode(texts), strict=True))
    right, moved, others = [], [], []
    for case in cases:
        choices = np.stack([embedded[text] for text in case.choices])
        distances = np.linalg.norm(choices - embedded[case.synonym], axis=1)
        nearest = distances == distances.min()  # several, where a long caption is cut before
        right.append(nearest[case.right] / nearest.sum())
        moved.append(distances[case.right])
        apart = np.linalg.norm(choices - choices[case.right], axis=1)
        others.append(apart.sum() / (len(choices) - 1))
    return float(np.mean(right)), float(np.mean(moved) / np.mean(others))


if __name__ == "__main__":
    as_command(main)
