"""The signatures under which a model that draws from noise alone is served."""

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.adversarial.unconditional import DrawsFromNoise
from keras_t2i.exporting import signatures
from keras_t2i.exporting.signatures import Outputs, Signature, noise_signature, rows


def archive(
    gan: DrawsFromNoise, outputs: Callable[[tf.Tensor], Outputs]
) -> keras.export.ExportArchive:
    """`serving_default` (seed), `generate` (seed, truncation) and `synthesize` (noise).

    Args:
        gan: The trained GAN.
        outputs: What it draws, (N, …), to named outputs.
    """

    def drawn(seed: tf.Tensor) -> Outputs:
        return outputs(gan.sample(row_noise(gan.latent, seed, gan.noise_dim)))

    def generate(seed: tf.Tensor, truncation: tf.Tensor) -> Outputs:
        noise = row_noise(gan.latent, seed, gan.noise_dim)
        return outputs(gan.sample(gan.latent.truncated(noise, truncation[:, None])))

    def synthesize(noise: tf.Tensor) -> Outputs:
        return outputs(gan.sample(noise))

    seed = rows(tf.int64)
    own = {
        "serving_default": Signature(drawn, {"seed": seed}),
        "generate": Signature(generate, {"seed": seed, "truncation": rows(tf.float32)}),
        "synthesize": Signature(synthesize, {"noise": rows(tf.float32, gan.noise_dim)}),
    }
    return signatures.archive(own | noise_signature(gan.latent, gan.noise_dim), [])
