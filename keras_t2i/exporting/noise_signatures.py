"""The signatures under which a model that draws from noise alone is served."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.latents import Latent, row_noise
from keras_t2i.exporting.inputs import SEEDS, SHARES, vectors
from keras_t2i.exporting.signatures import Outputs, Signature, common, noise_signature


def noise_signatures(
    latent: Latent,
    noise_dim: int,
    sample: Callable[[tf.Tensor], Any],
    outputs: Callable[[Any], Outputs],
) -> dict[str, Signature]:
    """`serving_default` (seed), `generate` (seed, truncation), `synthesize` and `sample_noise`.

    Args:
        latent: Distribution of the noise.
        noise_dim: Width of the noise.
        sample: Function from noise (N, noise_dim) to drawn rows, (N, …).
        outputs: Function from drawn rows to named outputs.
    """
    given = vectors(noise_dim)
    draw = common(lambda noise: outputs(sample(noise)), given)

    def drawn(seed: tf.Tensor) -> Outputs:
        return draw(row_noise(latent, seed, noise_dim))

    def generate(seed: tf.Tensor, truncation: tf.Tensor) -> Outputs:
        noise = row_noise(latent, seed, noise_dim)
        return draw(latent.truncated(noise, truncation[:, None]))

    def synthesize(noise: tf.Tensor) -> Outputs:
        return draw(noise)

    return {
        "serving_default": Signature(drawn, {"seed": SEEDS}),
        "generate": Signature(generate, {"seed": SEEDS, "truncation": SHARES}),
        "synthesize": Signature(synthesize, {"noise": given}),
        **noise_signature(latent, noise_dim),
    }
