"""Any preset with all it has, at a size that trains in seconds, and data for all of them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.pipelines.records import DatasetInfo, Record, write_dataset
from keras_t2i.tasks.text_to_image.frozen_encoder_stage import FrozenEncoderStage
from tests.conftest import COLOURS
from tests.tiny_labels import SCHEMA, draw

SIDE, STORED = 16, 19
MAPS = Path(__file__).parent / "tiny_maps.keras"  # a network of random weights, see `tiny_maps`
SENTENCES = Path(__file__).parent / "tiny_sentences.keras"  # see `tiny_sentences`

_SIZES = {
    "epochs": 1, "steps": 2, "pairs": 8, "batch_size": 4, "sample_every": 1, "interval": 1,
    "precision": "float32", "accuracy": 0.999, "dropout": 0.0,
    "word_dim": 8, "units": 8, "heads": 2, "attention_units": 8, "embedding_dim": 8,
    "feed_forward": 8, "layers": 1, "length": 6, "widths": (8, 8, 8), "image_channels": (8, 8),
    "generator_channels": (16, 12, 8), "discriminator_channels": (8, 8), "text_dim": 4,
    "joint_dim": 4, "latent_dim": 12, "head_dim": 8, "channels": (8, 8), "noise_dim": 5,
    "noise": 5, "categories": 3, "continuous": 2, "width": 8, "max_width": 8, "blocks": 1,
    "critic_width": 8, "critic_max_width": 8, "pool": 4, "generator_widths": (8, 8),
    "critic_widths": (8, 8), "dense_width": 8, "conditioner_width": 8, "patch_layers": 1, "side": 8,
    "factor": 4,
    "averaging": ExponentialAverage(0.5),
}  # fmt: skip
_OF_CLASS = {
    "Characters": {"length": 30},
    "StageI": {"generator_channels": (12, 8), "discriminator_channels": (8,), "doublings": 1},
    "PyramidLevelStage": {"side": SIDE},
    "UnconditionalGanStage": {"epochs": 2},  # more than one step, also where a step has many moves
    "CaptionGanStage": {"joint_dim": 4},
    "DfGanStage": {"discriminator_channels": (8, 8, 8)},  # the first is of the picture's side
    "WordGanStage": {"modulated": 1, "attention_sides": (8, 16), "attention_dim": 4},
    "FeatureReconstruction": {"extractor": str(MAPS), "layer": 1},
    "FeatureCritics": {"extractor": str(MAPS), "maps": (1,)},
    "Grid": {"side": 5},
    "FrozenEncoderStage": {"path": str(SENTENCES)},
}
_DOMAINS = {"domain_a": "colour: red", "domain_b": "colour: blue"}  # of `write_pictures`


def small(name: str) -> Any:
    """The preset of a name, made small."""
    domains = _DOMAINS if hasattr(experiment := shrunk(preset(name)), "domain_a") else {}
    return dataclasses.replace(experiment, name="small", **domains)


def shrunk(experiment: Any) -> Any:
    """An experiment with all that it has, at the small size."""
    small = _shrunk(experiment)
    if hasattr(small, "levels"):
        return dataclasses.replace(small, levels=small.levels[:1])
    return small


def with_given_files(experiment: Any) -> Any:
    """An experiment with the tiny networks in the place of those that a user gives, if any."""
    if isinstance(getattr(experiment, "encoder", None), FrozenEncoderStage):
        tiny = dataclasses.replace(experiment.encoder, path=str(SENTENCES), embedding_dim=8)
        return dataclasses.replace(experiment, encoder=tiny)
    places = ("feature_critics", "generator_terms")
    for place in (p for p in places if "" in experiment.stages[-1].given_files):
        held = tuple(
            dataclasses.replace(each, **_OF_CLASS.get(type(each).__name__, {}))
            for each in getattr(experiment.gan, place, ())
        )
        if held:
            gan = dataclasses.replace(experiment.gan, **{place: held})
            experiment = dataclasses.replace(experiment, gan=gan)
    return experiment


def without_numbers(value: Any) -> Any:
    """JSON values with numbers left out."""
    if isinstance(value, dict):
        return {key: without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_numbers(item) for item in value]
    return None if type(value) in (int, float) else value


def _shrunk(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_shrunk(item) for item in value)
    if not dataclasses.is_dataclass(value):
        return value
    sizes = _SIZES | _OF_CLASS.get(type(value).__name__, {})
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if getattr(fields.get("picture"), "scale", 1) == 2:
        sizes = sizes | {"generator_channels": sizes["generator_channels"][:-1]}
    return dataclasses.replace(
        value,
        **{
            name: sizes[name] if name in sizes and (held or held == "") else _shrunk(held)
            for name, held in fields.items()
        },
    )


def tiny_maps(path: Path) -> None:
    """Write a network from pictures of 16×16 to maps of half the side, and to nothing else."""
    import keras

    keras.utils.set_random_seed(0)
    pictures = keras.Input((SIDE, SIDE, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, -1.0)(pictures)
    maps = keras.layers.Conv2D(4, 3, 2, "same", activation="relu")(scaled)
    keras.Model(pictures, maps).save(path)


def tiny_sentences(path: Path) -> None:
    """Write an encoder of strings: the mean of ten numbers of each word, which are random."""
    import keras

    keras.utils.set_random_seed(0)
    words = ["this", "is", "a", "picture", "with", "red", "green", "blue", "left", "right", "dot"]
    captions = keras.Input((), dtype="string")
    numbers = keras.layers.TextVectorization(vocabulary=words)(captions)
    states = keras.layers.Embedding(len(words) + 2, 10, mask_zero=True)(numbers)
    mean = keras.layers.GlobalAveragePooling1D()(states)
    keras.Model(captions, mean).save(path)


def write_pictures(out: Path) -> None:
    """Pictures with captions, classes, labels and a partner: all that any preset needs."""
    rng = np.random.default_rng(0)
    info = DatasetInfo(
        "everything", "CC0", SIDE, STORED, classes=tuple(COLOURS), attributes=SCHEMA.attributes,
        paired=True,
    )  # fmt: skip

    def records():
        for turn in range(3):
            for i, vector in enumerate(SCHEMA.combinations()):
                columns, image = SCHEMA.columns(vector), draw(vector, STORED, rng)
                texts = SCHEMA.describe(vector), f"this is {tuple(COLOURS)[columns[0]]}"
                split = "test" if turn == 2 else "train"
                yield (
                    split,
                    Record(f"{turn}-{i}", image, texts, columns[0], columns, 255 - image),
                )

    write_dataset(out, info, records())
