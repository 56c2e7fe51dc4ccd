"""InfoGAN: codes beside the noise, and a network that reads them (Chen et al. 2016)."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.latents import Coded
from keras_t2i.adversarial.unconditional import UnconditionalContext, UnconditionalGAN
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import DownTrunk, normal_init


class InfoCritic(BuiltByCall, keras.Model):
    """D and Q on one trunk (appendix C): whether a picture is real, and the codes it was drawn for.

    Args:
        channels: Widths from S/2 downward to 4×4.
        categories: Values of the categorical code.
        continuous: Number of continuous codes.
        hidden_dim: Width of Q's own layer.
    """

    def __init__(
        self,
        channels: Sequence[int],
        categories: int,
        continuous: int,
        hidden_dim: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self._trunk = DownTrunk(channels)
        self._score = keras.layers.Dense(1, kernel_initializer=normal_init(), dtype="float32")
        self._hidden = keras.layers.Dense(hidden_dim, "leaky_relu", dtype="float32")
        self._category = keras.layers.Dense(categories, dtype="float32")
        self._value = keras.layers.Dense(continuous, dtype="float32")

    def call(self, images: Any, training: bool = False) -> tuple[Any, tuple[Any, Any]]:
        """Images (N, S, S, 3) → logits (N,), and the codes: category logits, means (N, …)."""
        last = self._trunk(images, training=training)[-1]
        flat = ops.reshape(last, (-1, last.shape[1] * last.shape[2] * last.shape[3]))
        hidden = self._hidden(flat)
        return self._score(flat)[:, 0], (self._category(hidden), self._value(hidden))


class InfoContext(UnconditionalContext):
    """A context whose critic also reads codes."""

    model: "InfoGAN"

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures."""
        return self.model.discriminator(images, training=True)[0]

    @once
    def fake_logits_and_codes(self) -> tuple[tf.Tensor, tuple[tf.Tensor, tf.Tensor]]:
        """Critic's answers on fakes: logits, and category logits and means of the codes."""
        return self.model.discriminator(self.shown_fakes, training=True)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on fakes."""
        return self.fake_logits_and_codes[0]

    @once
    def codes_read(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The codes that Q reads in the fakes: category logits and means."""
        return self.fake_logits_and_codes[1]


class InfoGAN(UnconditionalGAN):
    """A GAN of noise whose noise holds codes: `latent` is a `Coded`, the critic an `InfoCritic`."""

    latent: Coded

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> InfoContext:
        """The batch with this step's randomness."""
        return InfoContext(self, batch, self.seed_of(move))

    def read(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The codes of pictures (N, S, S, 3) in [−1, 1]: category logits, means."""
        return self.discriminator(images, training=False)[1]
