"""The signatures under which a model of labels is served."""

import keras
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.exporting import signatures
from keras_t2i.exporting.classify_signature import ClassifySignature
from keras_t2i.exporting.inputs import PICTURES, SEEDS, SHARES, TEXTS, vectors
from keras_t2i.exporting.noise_signatures import noise_signatures
from keras_t2i.exporting.signatures import (
    Outputs,
    Signature,
    common,
    from_bytes,
    noise_signature,
    to_png,
)
from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
from keras_t2i.tasks.labels_to_image.label_parser import LabelParser
from keras_t2i.tasks.labels_to_image.sampler import LabelSampler


class LabelSignatures(tf.Module):
    """Signatures of a generator that takes labels. Pictures are PNG bytes.

    A row's picture depends on its own inputs alone.

    Args:
        sampler: The trained parts.
    """

    def __init__(self, sampler: LabelSampler) -> None:
        super().__init__()
        parser = LabelParser(sampler.schema)
        noise = vectors(sampler.generator.noise_dim)
        condition = vectors(sampler.schema.width)
        self._generator, self.tables = sampler.generator, [parser.lookup]
        self._read = common(parser, TEXTS)
        self._draw = common(self._drawn, noise, condition)
        self.signatures = {
            "serving_default": Signature(self.serving_default, {"labels": TEXTS}),
            "generate": Signature(
                self.generate, {"labels": TEXTS, "seed": SEEDS, "truncation": SHARES}
            ),
            "encode_labels": Signature(self.encode_labels, {"labels": TEXTS}),
            "synthesize": Signature(
                self.synthesize,
                {"noise": noise, "condition": condition},
            ),
            "interpolate": Signature(
                self.interpolate,
                {"labels_from": TEXTS, "labels_to": TEXTS, "alpha": SHARES, "seed": SEEDS},
            ),
        }

    def serving_default(self, labels: tf.Tensor) -> Outputs:
        """Labels (N,) → image_bytes (N,), each with the noise of seed 0 at full strength."""
        count = tf.shape(labels)[0]
        return self.generate(labels, tf.zeros((count,), tf.int64), tf.ones((count,)))

    def generate(self, labels: tf.Tensor, seed: tf.Tensor, truncation: tf.Tensor) -> Outputs:
        """Labels, seed int64, truncation float32 in [0, 1], all (N,) → image_bytes (N,)."""
        return self.synthesize(self._noise(seed) * truncation[:, None], self._read(labels))

    def encode_labels(self, labels: tf.Tensor) -> Outputs:
        """Labels (N,) → condition (N, n), ones and zeros."""
        return {"condition": self._read(labels)}

    def synthesize(self, noise: tf.Tensor, condition: tf.Tensor) -> Outputs:
        """Noise (N, noise_dim), condition (N, n) → image_bytes (N,)."""
        return self._draw(noise, condition)

    def interpolate(
        self, labels_from: tf.Tensor, labels_to: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
    ) -> Outputs:
        """Two pictures' labels, alpha in [0, 1], seed, all (N,) → image_bytes (N,), by latents."""
        noise = self._noise(seed)
        start, end = (
            self._generator.latents(noise, self._read(labels))
            for labels in (labels_from, labels_to)
        )
        share = alpha[:, None]
        return to_png(self._generator.decode((1.0 - share) * start + share * end))

    def _drawn(self, noise: tf.Tensor, condition: tf.Tensor) -> Outputs:
        return to_png(self._generator.sample(noise, condition))

    def _noise(self, seed: tf.Tensor) -> tf.Tensor:
        return row_noise(self._generator.latent, seed, self._generator.noise_dim)


class AutoencoderSignatures(tf.Module):
    """Signatures of the autoencoder.

    Args:
        autoencoder: Autoencoder, trained.
        side: Side S of its pictures.
    """

    def __init__(self, autoencoder: LabelledAutoencoder, side: int) -> None:
        super().__init__()
        self._autoencoder, self._side = autoencoder, side
        picture = {"image_bytes": PICTURES}
        self.signatures = {
            "reconstruct": Signature(self.reconstruct, picture),
            "encode_image": Signature(self.encode_image, picture),
        }

    def reconstruct(self, image_bytes: tf.Tensor) -> Outputs:
        """Pictures (N,) → image_bytes (N,): through encoder and decoder."""
        return to_png(self._autoencoder(from_bytes(image_bytes, self._side))[0])

    def encode_image(self, image_bytes: tf.Tensor) -> Outputs:
        """Pictures (N,) → latent float32 (N, L)."""
        return {"latent": self._autoencoder.encoder(from_bytes(image_bytes, self._side))}


def archive(sampler: LabelSampler) -> keras.export.ExportArchive:
    """The sampler's signatures, ready to be written."""
    generator, autoencoder, tables = sampler.generator, sampler.autoencoder, []
    latent, noise_dim = generator.latent, generator.noise_dim
    if generator.label_dim:
        labelled = LabelSignatures(sampler)
        tables = labelled.tables
        merged = labelled.signatures | noise_signature(latent, noise_dim)
    else:
        merged = noise_signatures(latent, noise_dim, sampler.unlabelled, to_png)
    if autoencoder is not None:
        side = sampler.image_size
        merged |= ClassifySignature(autoencoder.read, sampler.schema, side).signatures
        merged |= AutoencoderSignatures(autoencoder, side).signatures
    return signatures.archive(merged, tables)
