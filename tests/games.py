"""One small untrained GAN of each class, without augmentations, and a batch of noise for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from keras_t2i.tasks.unpaired_image_to_image.gan import CycleContext
from tests.small import SIDE, small
from tests.tiny_labels import SCHEMA, tiny_labels
from tests.tiny_run import tiny

ROWS = 6


def pictures(rows: int = ROWS, side: int = SIDE, channels: int = 3, seed: int = 0) -> tf.Tensor:
    """Pictures of noise (rows, side, side, channels) in [−1, 1]."""
    rng = np.random.default_rng(seed)
    return tf.constant(rng.uniform(-1, 1, (rows, side, side, channels)), tf.float32)


def vectors(rows: int, width: int, seed: int = 0) -> tf.Tensor:
    """Normal vectors (rows, width)."""
    return tf.constant(np.random.default_rng(seed).normal(size=(rows, width)), tf.float32)


def captions(rows: int = ROWS, side: int = SIDE, **changes: Any) -> tuple[Any, dict]:
    """A `ConditionalGAN` and its batch."""
    model = tiny(**changes).gan.model(8)
    texts = {"caption": vectors(rows, 8, 1), "mismatched": vectors(rows, 8, 2)}
    return model, {"image": pictures(rows, side), **texts}


def labels(rows: int = ROWS, side: int = SIDE, **changes: Any) -> tuple[Any, dict]:
    """A `LabelGAN` without label feedback and its batch."""
    experiment = tiny_labels("vanilla-gan", **changes)
    model = experiment.gan.model(experiment.networks, side, SCHEMA.width)
    rng = np.random.default_rng(1)
    marks = rng.integers(0, 2, (rows, SCHEMA.width))
    return model, {"image": pictures(rows, side), "labels": tf.constant(marks, tf.float32)}


def one_scale_captions(rows: int = ROWS) -> tuple[Any, dict]:
    """A `ConditionalGAN` of pictures of 8×8, whose critic has no BatchNorm."""
    return captions(rows, 8, generator_channels=(8, 8), discriminator_channels=(8,))


def one_scale_labels(rows: int = ROWS) -> tuple[Any, dict]:
    """A `LabelGAN` of pictures of 8×8, whose critic has no BatchNorm."""
    return labels(rows, 8)


def _image_to_image() -> tuple[Any, dict]:
    batch = {"image": pictures(), "source": pictures(seed=1)}
    return small("pix2pix").gan.model(SIDE, (SIDE, SIDE, 3)), batch


def _melody() -> tuple[Any, dict]:
    notes = np.random.default_rng(1).integers(0, 128, (2, ROWS, 16))
    bars = [tf.one_hot(each, 128) for each in notes]
    batch = {"image": bars[0], "previous": bars[1], "chord": vectors(ROWS, 13)}
    return small("midi-net-demo").gan.model(), batch


def _words() -> tuple[Any, dict]:
    """A `WordGAN` and its batch; the last words of each caption are padding."""
    stage = replace(small("word-attention-gan-demo").gan, augmentations=())
    there = np.arange(6) < np.arange(1, ROWS + 1)[:, None]
    words = np.random.default_rng(3).normal(size=(ROWS, 6, 7)) * there[..., None]
    texts = {"caption": vectors(ROWS, 8, 1), "mismatched": vectors(ROWS, 8, 2)}
    batch = {"image": pictures(), **texts, "words": tf.constant(words, tf.float16)}
    return stage.model(8, word_shape=(6, 7)), batch


def _cycle() -> tuple[Any, dict]:
    batch = {"first": pictures(4), "second": pictures(4, seed=1)}
    return small("cycle-gan-demo").gan.model(SIDE), batch


GAMES: dict[str, Callable[[], tuple[Any, dict]]] = {
    "ConditionalGAN": lambda: captions(augmentations=()),
    "WordGAN": _words,
    "LabelGAN": lambda: labels(augmentations=()),
    "UnconditionalGAN": lambda: (small("dcgan").gan.model(SIDE), {"image": pictures()}),
    "points": lambda: (small("gan-8-gaussians").gan.model(), {"image": vectors(ROWS, 2)}),
    "InfoGAN": lambda: (small("info-gan").gan.model(SIDE), {"image": pictures()}),
    "LaplacianLevelGAN": lambda: (
        small("lapgan-demo").levels[0].model(), {"image": pictures()}
    ),
    "BarGAN": _melody,
    "ImageToImageGAN": _image_to_image,
    "CycleGAN": _cycle,
}  # fmt: skip


def critics(model: Any, context: Any) -> dict[str, Any]:
    """The contexts of each critic of a GAN, by what is added to the names of its terms."""
    if isinstance(context, CycleContext):
        return {f"_{kind}": domain for kind, domain in context.domains.items()}
    return {"": context}
