"""The signatures under which a text-to-image model is served."""

import sys

import keras
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.exporting import signatures
from keras_t2i.exporting.inputs import SEEDS, SHARES, TEXTS, vectors
from keras_t2i.exporting.requirement import quoted, require
from keras_t2i.exporting.signatures import Outputs, Signature, common, noise_signature, to_png
from keras_t2i.tasks.text_to_image.sampler import Sampler

_NO_CAPTIONS = (
    "The exported model takes embeddings and no captions, since its sentence encoder runs outside "
    "TensorFlow: `keras_t2i.load(RUN).encode(captions)` gives the embeddings for `synthesize`."
)


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
        self.noise = vectors(self._noise_dim)
        self.reading = sampler.gan.reading.inputs()
        self._encode = common(self._encoded, TEXTS)
        self._draw = common(self._drawn, self.noise, *self.reading.values())

    def serving_default(self, caption: tf.Tensor) -> Outputs:
        """Caption (N,) → image_bytes (N,), each with the noise of seed 0 at full strength."""
        count = tf.shape(caption)[0]
        drawn = self.generate(caption, tf.zeros((count,), tf.int64), tf.ones((count,)))
        # Of one output REST sends the value alone, and that is what a first request expects.
        return {"image_bytes": drawn["image_bytes"]}

    def generate(self, caption: tf.Tensor, seed: tf.Tensor, truncation: tf.Tensor) -> Outputs:
        """caption, seed int64, truncation float32 in [0, 1] → image_bytes, unknown_words, all (N,).

        Unknown words of a caption stand between spaces.
        """
        read = self._read(caption)
        noise = row_noise(self._sampler.gan.latent, seed, self._noise_dim)
        drawn = self.synthesize(noise * truncation[:, None], **read)
        return drawn | {"unknown_words": self._unknown(caption)}

    def encode_text(self, caption: tf.Tensor) -> Outputs:
        """Caption (N,) → embedding (N, E), attention (N, r, n), tokens (N, n), unknown_words (N,).

        "" is the padding of tokens. Unknown words of a caption stand between spaces.
        """
        encoded = self._encode(caption)
        return {
            "embedding": encoded["embedding"],
            "attention": encoded["attention"],
            "tokens": self._sampler.tokenizer.spelled(encoded["numbers"]),
            "unknown_words": self._unknown(caption),
        }

    def encode_words(self, caption: tf.Tensor) -> Outputs:
        """Caption (N,) → all that `synthesize` takes beside the noise."""
        encoded = self._encode(caption)
        return {name: encoded[name] for name in self.reading}

    def synthesize(self, noise: tf.Tensor, **reading: tf.Tensor) -> Outputs:
        """Noise (N, noise_dim) and what the generator takes of captions → image_bytes (N,)."""
        return self._draw(noise, *(reading[name] for name in self.reading))

    def interpolate(
        self, caption_from: tf.Tensor, caption_to: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
    ) -> Outputs:
        """Two captions, alpha float32 in [0, 1], seed int64, all (N,) → image_bytes (N,)."""
        ends = self._read(caption_from), self._read(caption_to)
        between = self._sampler.gan.reading.between(*ends, alpha[:, None])
        noise = row_noise(self._sampler.gan.latent, seed, self._noise_dim)
        return self.synthesize(noise, **between)

    def _read(self, caption: tf.Tensor) -> Outputs:
        """Columns of the reading of captions that say something."""
        encoded = self._encode(self._said(caption))
        return {name: encoded[name] for name in self.reading}

    def _said(self, caption: tf.Tensor) -> tf.Tensor:
        """The captions; refused are those that say nothing to the encoder."""
        known = self._sampler.tokenizer.known(caption)
        says = tf.logical_and(known, tf.strings.strip(caption) != "")
        silent = tf.boolean_mask(caption, tf.logical_not(says))
        rule = "A caption must have a word that the model knows."
        with tf.control_dependencies([require(tf.reduce_all(says), rule, quoted(silent))]):
            return tf.identity(caption)

    def _unknown(self, caption: tf.Tensor) -> tf.Tensor:
        words = self._sampler.tokenizer.unknown(caption)
        return tf.strings.reduce_join(words, axis=1, separator=" ")

    def _drawn(self, noise: tf.Tensor, *reading: tf.Tensor) -> Outputs:
        return to_png(self._sampler.gan.sample(noise, *reading))

    def _encoded(self, caption: tf.Tensor) -> Outputs:
        numbers = self._sampler.tokenizer.tokenize(caption)
        return {**self._sampler.encoded(numbers), "numbers": numbers}


def archive(sampler: Sampler) -> keras.export.ExportArchive:
    """The sampler's signatures, ready to be written."""
    own = CaptionSignatures(sampler)
    noise = noise_signature(sampler.gan.latent, sampler.gan.network.noise_dim)
    synthesize = Signature(own.synthesize, {"noise": own.noise, **own.reading})
    if not sampler.encoder.in_graph:
        print(_NO_CAPTIONS, file=sys.stderr)
        given = {"serving_default": synthesize, "synthesize": synthesize, **noise}
        return signatures.archive(given, [])
    more = {"encode_words": Signature(own.encode_words, {"caption": TEXTS})}
    return signatures.archive(
        {
            "serving_default": Signature(own.serving_default, {"caption": TEXTS}),
            "generate": Signature(
                own.generate, {"caption": TEXTS, "seed": SEEDS, "truncation": SHARES}
            ),
            "encode_text": Signature(own.encode_text, {"caption": TEXTS}),
            "synthesize": synthesize,
            "interpolate": Signature(
                own.interpolate,
                {
                    "caption_from": TEXTS,
                    "caption_to": TEXTS,
                    "alpha": SHARES,
                    "seed": SEEDS,
                },
            ),
            **(more if len(own.reading) > 1 else {}),
            **noise,
        },
        [*sampler.tokenizer.tables, *sampler.encoder.resources],
    )
