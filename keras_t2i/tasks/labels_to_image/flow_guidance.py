"""Guidance of a flow by the classifier of the first stage."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Factor
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

# Pictures (N, S, S, 3) in [−1, 1] to label logits (N, n).
Reader = Callable[["tf.Tensor"], "tf.Tensor"]


@component
class ClassifierGuidance:
    """The gradient of a frozen classifier's log-probability, added to the velocity.

    Dhariwal and Nichol 2021, equation 14, correct the noise that a diffusion model predicts:
    ε̂ = ε − s √(1 − ᾱ) ∇ log p(y | x_t). On the straight path x_t = (1 − t) z + t x the noise has
    the factor 1 − t, and the velocity is (x_t − ε) / t, so that

        v̂ = v + s (1 − t) / t · ∇ log p(y | x_t)

    Their classifier is trained on noisy pictures. PSC-GAN's encoder and label head have seen clean
    ones, so they read the picture that the velocity predicts, x̂ = x_t + (1 − t) v. The chain rule
    asks for ∂x̂ / ∂x_t, which is t / (1 − t)² times the covariance of the pictures that x_t may come
    from; with (1 − t)² / (t² + (1 − t)²) for it, as of pictures of unit variance (Song et al. 2023,
    "ΠGDM"), the network needs no backward pass:

        v̂ = v + s (1 − t) / (t² + (1 − t)²) · ∇_x̂ log p(y | x̂)

    log p is the sum over labels of log σ(ŷ) or log σ(−ŷ), ŷ = C*(E*(x̂)).

    Args:
        strength: Factor s; 0 leaves the velocity as it is.
    """

    strength: Factor = 1.0

    def guided(
        self,
        velocity: "tf.Tensor",
        x: "tf.Tensor",
        time: "tf.Tensor",
        labels: "tf.Tensor",
        reader: Reader,
    ) -> "tf.Tensor":
        """The guided velocity, float32 (N, S, S, 3).

        Args:
            velocity: Velocity of the states, float32 (N, S, S, 3).
            x: States, float32 (N, S, S, 3).
            time: Time of all states, a scalar.
            labels: Labels that are wanted, float32 (N, n).
            reader: The frozen classifier.
        """
        if not self.strength:
            return velocity
        left = 1.0 - time
        factor = self.strength * left / (tf.square(time) + tf.square(left))
        return velocity + factor * log_probability_gradient(x + left * velocity, labels, reader)


def log_probability_gradient(
    images: "tf.Tensor", labels: "tf.Tensor", reader: Reader
) -> "tf.Tensor":
    """∇ log p(y | x) by the pictures, float32 (N, S, S, 3).

    Args:
        images: Pictures x, float32 (N, S, S, 3).
        labels: Labels y, float32 (N, n).
        reader: A classifier that treats every picture by itself.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels, reader(images))
        log_probability = -tf.reduce_sum(losses)
    return tape.gradient(log_probability, images)
