"""The signatures under which a model of points is served."""

import keras
import tensorflow as tf

from keras_t2i import signatures
from keras_t2i.adversarial.latents import row_noise
from keras_t2i.models.noise_gan import NoiseGAN
from keras_t2i.signatures import Outputs, Signature, noise_signature, rows


def archive(gan: NoiseGAN) -> keras.export.ExportArchive:
    """`serving_default` and `generate`: seed (N,) → point (N, 2); `synthesize`: noise → point."""

    def generate(seed: tf.Tensor) -> Outputs:
        return {"point": gan.paint(row_noise(gan.latent, seed, gan.noise_dim))}

    def synthesize(noise: tf.Tensor) -> Outputs:
        return {"point": gan.paint(noise)}

    seeded = Signature(generate, {"seed": rows(tf.int64)})
    noisy = Signature(synthesize, {"noise": rows(tf.float32, gan.noise_dim)})
    own = {"serving_default": seeded, "generate": seeded, "synthesize": noisy}
    return signatures.archive(own | noise_signature(gan.latent, gan.noise_dim), [])
