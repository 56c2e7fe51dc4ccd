"""The networks of PSC-GAN (section III): encoder, decoder, label head, generator, discriminator."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.doubling import repeated
from keras_t2i.networks.layers.multi_add import MultiAddDown, MultiAddUp
from keras_t2i.networks.layers.stride_two import Upsample
from keras_t2i.networks.trunks import DownTrunk, UpTrunk, normal_init


class Encoder(BuiltByCall, keras.Model):
    """E: a picture to its latent vector, from features of all scales (figure 3).

    Args:
        channels: Widths from S/2 downward to 4×4.
        latent_dim: Width of the latent.
    """

    def __init__(self, channels: Sequence[int], latent_dim: int = 512, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self._trunk = DownTrunk(channels)
        self._add = MultiAddDown()
        self._latent = keras.layers.Dense(latent_dim)

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → latents float32 (N, latent_dim)."""
        last = self._add(self._trunk(images, training=training))
        flat = ops.reshape(last, (-1, last.shape[1] * last.shape[2] * last.shape[3]))
        return ops.cast(self._latent(flat), "float32")


class Decoder(BuiltByCall, keras.Model):
    """G: a latent vector to a picture, from features of all scales (figure 3).

    Args:
        channels: Widths from 4×4 upward; the last is at the picture's size.
        latent_dim: Width of the latent.
        enlarging: Layer that enlarges.
        doubling: Function that doubles the features of smaller scales before they are added.
    """

    def __init__(
        self,
        channels: Sequence[int],
        latent_dim: int = 512,
        enlarging: type[Upsample] = Upsample,
        doubling: Callable[[Any], Any] = repeated,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.latent_dim = latent_dim
        self._trunk = UpTrunk(channels, enlarging)
        self._add = MultiAddUp(doubling)
        self._picture = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=normal_init())

    @property
    def image_size(self) -> int:
        """Side of the pictures."""
        return self._trunk.image_size

    def call(self, latent: Any, training: bool = False) -> Any:
        """Latents (N, latent_dim) → images float32 (N, S, S, 3) in [−1, 1]."""
        last = self._add(self._trunk(latent, training=training))
        return ops.tanh(ops.cast(self._picture(last), "float32"))


class LabelHead(BuiltByCall, keras.Model):
    """C: a latent vector to the logits of n labels, by one hidden layer.

    Args:
        labels: Number of labels, n.
        hidden_dim: Width of the hidden layer.
    """

    def __init__(self, labels: int, hidden_dim: int = 256, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._hidden = keras.layers.Dense(hidden_dim, activation="relu", dtype="float32")
        self._logits = keras.layers.Dense(labels, dtype="float32")

    def call(self, latent: Any) -> Any:
        """Latents (N, latent_dim) → logits float32 (N, n)."""
        return self._logits(self._hidden(latent))


class LabelGenerator(BuiltByCall, keras.Model):
    """Noise and labels to a picture: the decoder behind one dense layer, FC([z ; c]) (III.2).

    Examples:
        >>> images = generator(noise, labels)  # (N, generator.noise_dim), (N, n)

    Args:
        decoder: The decoder G of latents.
        noise_dim: Width of the noise z.
        label_dim: n; 0 makes the generator unconditional, and labels are not looked at.
    """

    def __init__(self, decoder: Decoder, noise_dim: int, label_dim: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.noise_dim, self.label_dim = noise_dim, label_dim
        self.entry = keras.layers.Dense(decoder.latent_dim, dtype="float32")
        self.decoder = decoder

    def latent(self, noise: Any, labels: Any) -> Any:
        """Noise (N, noise_dim), labels (N, n) → the decoder's latents (N, latent_dim)."""
        return self.entry(ops.concatenate([noise, labels[:, : self.label_dim]], axis=-1))

    def call(self, noise: Any, labels: Any, training: bool = False) -> Any:
        """Noise (N, noise_dim), labels (N, n) → images float32 (N, S, S, 3) in [−1, 1]."""
        return self.decoder(self.latent(noise, labels), training=training)
