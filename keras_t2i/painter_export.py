"""The signatures under which a text-to-image model is served."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.painter import Painter, row_noise

_Outputs = dict[str, tf.Tensor]


class PainterSignatures(tf.Module):
    """A painter's signatures: every input and output has the batch first.

    A row's picture depends on its own inputs alone. Pictures are PNG bytes. Captions are taken as
    they come: a client normalises Unicode (NFKC) where that matters.

    Args:
        painter: The trained parts.
    """

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self._painter = painter
        self._noise_dim = painter.gan.network.noise_dim

    def serving_default(self, caption: tf.Tensor) -> _Outputs:
        """Caption (N,) → image_bytes (N,), each with the noise of seed 0 at full strength."""
        rows = tf.shape(caption)[0]
        return self.generate(caption, tf.zeros((rows,), tf.int64), tf.ones((rows,)))

    def generate(self, caption: tf.Tensor, seed: tf.Tensor, truncation: tf.Tensor) -> _Outputs:
        """caption, seed int64, truncation float32 in [0, 1], all (N,) → image_bytes (N,)."""
        embedding = self._encode(caption)["embedding"]
        noise = row_noise(self._painter.gan.latent, seed, self._noise_dim)
        return self.synthesize(noise * truncation[:, None], embedding)

    def encode_text(self, caption: tf.Tensor) -> _Outputs:
        """Caption (N,) → embedding (N, E), attention (N, r, n), tokens (N, n), "" is padding."""
        encoded = self._encode(caption)
        vocabulary = tf.constant(self._painter.tokenizer.vocabulary)
        return {
            "embedding": encoded["embedding"],
            "attention": encoded["attention"],
            "tokens": tf.gather(vocabulary, encoded["numbers"]),
        }

    def synthesize(self, noise: tf.Tensor, embedding: tf.Tensor) -> _Outputs:
        """Noise (N, noise_dim), embedding (N, E) → image_bytes (N,)."""
        images = self._painter.gan.paint(noise, embedding)
        levels = tf.round((tf.cast(images, tf.float32) + 1.0) * 127.5)
        pictures = tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)
        return {"image_bytes": tf.io.encode_png(pictures)}

    def interpolate(
        self, caption_from: tf.Tensor, caption_to: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
    ) -> _Outputs:
        """Two captions, alpha float32 in [0, 1], seed int64, all (N,) → image_bytes (N,)."""
        share = alpha[:, None]
        between = (1.0 - share) * self._encode(caption_from)["embedding"] + share * self._encode(
            caption_to
        )["embedding"]
        noise = row_noise(self._painter.gan.latent, seed, self._noise_dim)
        return self.synthesize(noise, between)

    def _encode(self, caption: tf.Tensor) -> _Outputs:
        numbers = self._painter.tokenizer.tokenize(caption)
        return {**self._painter.encoder.encode(numbers), "numbers": numbers}


def archive(painter: Painter) -> keras.export.ExportArchive:
    """The painter's signatures, ready to be written."""
    signatures = PainterSignatures(painter)
    caption, seed = _rows(tf.string), _rows(tf.int64)
    endpoints: dict[str, dict[str, tf.TensorSpec]] = {
        "serving_default": {"caption": caption},
        "generate": {"caption": caption, "seed": seed, "truncation": _rows(tf.float32)},
        "encode_text": {"caption": caption},
        "synthesize": {
            "noise": _rows(tf.float32, painter.gan.network.noise_dim),
            "embedding": _rows(tf.float32, painter.encoder.embedding_dim),
        },
        "interpolate": {
            "caption_from": caption,
            "caption_to": caption,
            "alpha": _rows(tf.float32),
            "seed": seed,
        },
    }
    written = keras.export.ExportArchive()
    # Weights are found through the functions that use them; tracking the models as well would
    # store each twice. Lookup tables are not found that way.
    written.track(painter.tokenizer.lookup)
    for name, inputs in endpoints.items():
        written.add_endpoint(name, _named(getattr(signatures, name), inputs))
    return written


def _rows(dtype: tf.DType, *width: int) -> tf.TensorSpec:
    return tf.TensorSpec((None, *width), dtype)


def _named(function: Any, inputs: dict[str, tf.TensorSpec]) -> Any:
    """A traced function whose inputs keep their names."""
    specs = [tf.TensorSpec(spec.shape, spec.dtype, name=name) for name, spec in inputs.items()]
    return tf.function(function, input_signature=specs)
