"""Labelled pictures and runs on them, small enough to train in seconds."""

from dataclasses import replace

import numpy as np

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.records import Attribute, DatasetInfo, Record, write_dataset
from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
from tests.conftest import COLOURS

SCHEMA = AttributeSchema(
    (
        Attribute("colour", tuple(COLOURS), aliases={"빨강": "red"}),
        Attribute("bright side", ("left", "right"), mirrored={"left": "right", "right": "left"}),
        Attribute("marks", ("dot",), free=True),
    )
)


def draw(vector: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A picture of one colour, brighter on one side, perhaps with a dot in the middle."""
    colour, side, dot = SCHEMA.columns(vector)
    image = np.array(list(COLOURS.values())[colour]) + rng.normal(0, 8, (size, size, 3))
    half = slice(None, size // 2) if side == 0 else slice(size // 2, None)
    image[:, half] += 50
    if dot:
        image[size // 2 - 3 : size // 2 + 3, size // 2 - 3 : size // 2 + 3] = 255
    return np.clip(image, 0, 255).astype("uint8")


def write_labelled(out, size: int = 16, turns: int = 5) -> None:
    """All 12 combinations, `turns` times each, the last time in the split test."""
    rng, stored = np.random.default_rng(0), size + 3

    def records():
        for turn in range(turns):
            for i, vector in enumerate(SCHEMA.combinations()):
                split = "test" if turn == turns - 1 else "train"
                text = SCHEMA.describe(vector)
                image = draw(vector, stored, rng)
                yield split, Record(f"{turn}-{i}", image, (text,), -1, SCHEMA.columns(vector))

    info = DatasetInfo("sides", "CC0", size, stored, attributes=SCHEMA.attributes)
    write_dataset(out, info, records())


def tiny_labels(name: str = "psc-gan", **gan):
    """A preset with all it has, at a size that trains in seconds on 16×16 pictures."""
    experiment = preset(name)
    return replace(
        experiment,
        deterministic=True,
        networks=FaceNetworks(width=8, max_width=16, latent_dim=12, head_dim=16),
        autoencoder=replace(
            experiment.autoencoder,
            epochs=4,
            batch_size=8,
            learning_rate=3e-3,
            precision="float32",
            sample_every=2,
            checkpoint_minutes=0.0,
        ),
        gan=replace(
            experiment.gan,
            **{
                "epochs": 4,
                "batch_size": 8,
                "noise_dim": 6,
                "averaging": ExponentialAverage(0.5),
                "precision": "float32",
                "sample_every": 2,
                "checkpoint_minutes": 0.0,
                **gan,
            },
        ),
    )
