"""The signatures under which a text-to-image model is served."""

import keras
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.exporting import signatures
from keras_t2i.exporting.signatures import Outputs, Signature, common, noise_signature, rows, to_png
from keras_t2i.tasks.text_to_image.sampler import Sampler

_RULE = "A caption must have a word that the model knows. Received:"


class CaptionSignatures(tf.Module):
    """A sampler's signatures: every input and output has the batch first.

    A row's picture depends on its own inputs alone. Pictures are PNG bytes. Captions are taken as
    they come: a client normalises Unicode (NFKC) where that matters. No picture is drawn of a
    caption without a word that the encoder knows.

    Args:
        sampler: The trained parts.
    """

    def __init__(self, sampler: Sampler) -> None:
        super().__init__()
        self._sampler = sampler
        self._noise_dim = sampler.gan.network.noise_dim
        self.noise = rows(tf.float32, self._noise_dim)
        self.embedding = rows(tf.float32, sampler.encoder.embedding_dim)
        self._encode = common(self._encoded, rows(tf.string))
        self._draw = common(self._drawn, self.noise, self.embedding)

    def serving_default(self, caption: tf.Tensor) -> Outputs:
        """Caption (N,) → image_bytes (N,), each with the noise of seed 0 at full strength."""
        count = tf.shape(caption)[0]
        return self.generate(caption, tf.zeros((count,), tf.int64), tf.ones((count,)))

    def generate(self, caption: tf.Tensor, seed: tf.Tensor, truncation: tf.Tensor) -> Outputs:
        """caption, seed int64, truncation float32 in [0, 1], all (N,) → image_bytes (N,)."""
        embedding = self._encode(self._said(caption))["embedding"]
        noise = row_noise(self._sampler.gan.latent, seed, self._noise_dim)
        return self.synthesize(noise * truncation[:, None], embedding)

    def encode_text(self, caption: tf.Tensor) -> Outputs:
        """Caption (N,) → embedding (N, E), attention (N, r, n), tokens (N, n), unknown_words (N,).

        "" is the padding of tokens. Unknown words of a caption stand between spaces.
        """
        unknown = self._sampler.tokenizer.unknown(caption)
        encoded = self._encode(caption)
        vocabulary = tf.constant(self._sampler.tokenizer.vocabulary)
        return {
            "embedding": encoded["embedding"],
            "attention": encoded["attention"],
            "tokens": tf.gather(vocabulary, encoded["numbers"]),
            "unknown_words": tf.strings.reduce_join(unknown, axis=1, separator=" "),
        }

    def synthesize(self, noise: tf.Tensor, embedding: tf.Tensor) -> Outputs:
        """Noise (N, noise_dim), embedding (N, E) → image_bytes (N,)."""
        return self._draw(noise, embedding)

    def interpolate(
        self, caption_from: tf.Tensor, caption_to: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
    ) -> Outputs:
        """Two captions, alpha float32 in [0, 1], seed int64, all (N,) → image_bytes (N,)."""
        share = alpha[:, None]
        first = self._encode(self._said(caption_from))["embedding"]
        last = self._encode(self._said(caption_to))["embedding"]
        between = (1.0 - share) * first + share * last
        noise = row_noise(self._sampler.gan.latent, seed, self._noise_dim)
        return self.synthesize(noise, between)

    def _said(self, caption: tf.Tensor) -> tf.Tensor:
        """The captions; refused are those that say nothing to the encoder."""
        known = self._sampler.tokenizer.known(caption)
        says = tf.logical_and(known, tf.strings.strip(caption) != "")
        silent = tf.boolean_mask(caption, tf.logical_not(says))
        check = tf.debugging.Assert(tf.reduce_all(says), [_RULE, silent])
        with tf.control_dependencies([check]):
            return tf.identity(caption)

    def _drawn(self, noise: tf.Tensor, embedding: tf.Tensor) -> Outputs:
        return to_png(self._sampler.gan.sample(noise, embedding))

    def _encoded(self, caption: tf.Tensor) -> Outputs:
        numbers = self._sampler.tokenizer.tokenize(caption)
        return {**self._sampler.encoder.encode(numbers), "numbers": numbers}


def archive(sampler: Sampler) -> keras.export.ExportArchive:
    """The sampler's signatures, ready to be written."""
    own = CaptionSignatures(sampler)
    caption, seed = rows(tf.string), rows(tf.int64)
    return signatures.archive(
        {
            "serving_default": Signature(own.serving_default, {"caption": caption}),
            "generate": Signature(
                own.generate, {"caption": caption, "seed": seed, "truncation": rows(tf.float32)}
            ),
            "encode_text": Signature(own.encode_text, {"caption": caption}),
            "synthesize": Signature(
                own.synthesize, {"noise": own.noise, "embedding": own.embedding}
            ),
            "interpolate": Signature(
                own.interpolate,
                {
                    "caption_from": caption,
                    "caption_to": caption,
                    "alpha": rows(tf.float32),
                    "seed": seed,
                },
            ),
            **noise_signature(sampler.gan.latent, sampler.gan.network.noise_dim),
        },
        [sampler.tokenizer.lookup],
    )
