"""Signatures that the exported models of all tasks share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.latents import Latent, row_noise
from keras_t2i.exporting.inputs import SEEDS, Input, checked
from keras_t2i.exporting.picture_size import bounded

Outputs = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Signature:
    """A function under a name; every input and output has the batch first.

    Served, it refuses inputs of unequal numbers of rows, of no row, and values outside their rules.

    Args:
        function: Function from named tensors to named tensors.
        inputs: Inputs by name.
    """

    function: Callable[..., Outputs]
    inputs: dict[str, Input]


def common(function: Callable[..., Any], *inputs: Input) -> Callable[..., Any]:
    """A part of several signatures, traced and stored once; each of them calls it.

    Args:
        function: Function from tensors to tensors.
        *inputs: Input of each tensor.
    """
    specs = [given.spec for given in inputs]
    return tf.function(function, input_signature=specs, autograph=False)


def noise_signature(latent: Latent, noise_dim: int) -> dict[str, Signature]:
    """`sample_noise`: seed (N,) → noise (N, noise_dim), that of `generate`, for `synthesize`."""

    def sample_noise(seed: tf.Tensor) -> Outputs:
        return {"noise": row_noise(latent, seed, noise_dim)}

    return {"sample_noise": Signature(sample_noise, {"seed": SEEDS})}


def archive(signatures: dict[str, Signature], tables: Iterable[Any]) -> keras.export.ExportArchive:
    """The signatures, ready to be written.

    Args:
        signatures: Signatures by name; one is `serving_default`.
        tables: Lookup layers that they use. Weights are found through the functions that use them,
            and tracking their models as well would store each twice; tables are not found that way.
    """
    written = keras.export.ExportArchive()
    for table in tables:
        written.track(table)
    for name, signature in signatures.items():
        written.add_endpoint(name, _named(signature))
    return written


def to_png(images: tf.Tensor) -> Outputs:
    """Images (N, S, S, 3) in [−1, 1] to `image_bytes` (N,), PNG."""
    levels = tf.round((tf.cast(images, tf.float32) + 1.0) * 127.5)
    pictures = tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)
    return {"image_bytes": tf.io.encode_png(pictures)}


def from_bytes(image_bytes: tf.Tensor, side: int) -> tf.Tensor:
    """Encoded pictures (N,) to images float32 (N, side, side, 3) in [−1, 1].

    PNG, JPEG, BMP or GIF (its first frame) of at most 2^24 pixels, what is transparent on white;
    the largest square in the middle, resized with antialiasing.
    """

    def one(data: tf.Tensor) -> tf.Tensor:
        levels = tf.io.decode_image(bounded(data), channels=0, expand_animations=False)
        picture = _on_white(levels)
        height, width = tf.shape(picture)[0], tf.shape(picture)[1]
        edge = tf.minimum(height, width)
        top, left = (height - edge) // 2, (width - edge) // 2
        square = picture[top : top + edge, left : left + edge]
        resized = tf.image.resize(square, (side, side), "lanczos3", antialias=True)
        return tf.clip_by_value(tf.round(resized), 0.0, 255.0) / 127.5 - 1.0

    spec = tf.TensorSpec((side, side, 3), tf.float32)
    return tf.map_fn(one, image_bytes, fn_output_signature=spec)


def _on_white(picture: tf.Tensor) -> tf.Tensor:
    """A decoded picture uint8 (H, W, 1 to 4) as RGB, float32 (H, W, 3) in [0, 255].

    The last of two or four channels is the opacity.
    """
    levels, channels = tf.cast(picture, tf.float32), tf.shape(picture)[2]
    has_opacity = 1 - channels % 2
    opacity = tf.where(has_opacity > 0, levels[..., -1:], 255.0) / 255.0
    shown = levels[..., : channels - has_opacity] * opacity + 255.0 * (1.0 - opacity)
    return tf.ensure_shape(shown * tf.ones(3), (None, None, 3))


def _named(signature: Signature) -> Any:
    """A traced function whose inputs keep their names, and are checked first."""
    specs = [
        tf.TensorSpec(given.spec.shape, given.dtype, name=name)
        for name, given in signature.inputs.items()
    ]

    def answer(*values: tf.Tensor) -> Outputs:
        named = dict(zip(signature.inputs, values, strict=True))
        return signature.function(**checked(signature.inputs, named))

    return tf.function(answer, input_signature=specs, autograph=False)
