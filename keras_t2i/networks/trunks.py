"""The convolutional trunks that generators and discriminators are built around (DCGAN)."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.stride_two import Downsample, Upsample


def normal_init() -> keras.initializers.Initializer:
    """N(0, 0.02²) (Radford et al. 2015); one a layer, since Keras seeds it when it is made."""
    return keras.initializers.RandomNormal(stddev=0.02)


class Nothing(BuiltByCall, keras.Layer):
    """A layer that does nothing, in the place of a normalisation."""

    def call(self, x: Any, training: bool = False) -> Any:
        """Return the input."""
        return x


def he_init() -> keras.initializers.Initializer:
    """N(0, 2/fan-in) (He et al. 2015), by which maps keep their size without a normalisation."""
    return keras.initializers.HeNormal()


def leaky_relu(x: Any) -> Any:
    """LeakyReLU with DCGAN's slope of 0.2."""
    return ops.leaky_relu(x, 0.2)


class DownTrunk(BuiltByCall, keras.Model):
    """4×4 stride-2 convolutions, BatchNorm but for the first, LeakyReLU(0.2).

    Args:
        channels: Widths from S/2 downward.
        normalized: Whether there is BatchNorm: with a gradient penalty there must be none, for it
            couples the pictures of a batch (Gulrajani et al. 2017, section 4).
        initializer: Function that returns the initializer of a convolution.
    """

    def __init__(
        self,
        channels: Sequence[int],
        normalized: bool = True,
        initializer: Callable[[], keras.initializers.Initializer] = normal_init,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.channels = tuple(channels)
        self._convolutions = [
            Downsample(width, kernel_initializer=initializer()) for width in channels
        ]
        kind = FusedBatchNormalization if normalized else Nothing
        self._norms = [kind() for _ in channels[1:]]

    def call(self, images: Any, training: bool = False) -> list[Any]:
        """Images (N, S, S, 3) → the map after each convolution, (N, S/2, S/2, channels[0]) …."""
        return self.maps(images, leaky_relu, training)

    def maps(
        self, images: Any, activation: Callable[[Any], Any], training: bool = False
    ) -> list[Any]:
        """The maps of `call` with another activation, such as `guided.guided_leaky_relu`."""
        x, maps = images, []
        for convolution, norm in zip(self._convolutions, [None, *self._norms], strict=True):
            x = convolution(x)
            if norm is not None:
                x = norm(x, training=training)
            x = activation(x)
            maps.append(x)
        return maps


class UpBlocks(BuiltByCall, keras.Model):
    """Layers that enlarge twice, BatchNorm and ReLU after each.

    Args:
        channels: Widths, from the smallest map upward.
        enlarging: Layer that enlarges; 4×4 stride-2 transposed convolutions as DCGAN has them, or
            `ResizeConvolution`.
    """

    def __init__(
        self, channels: Sequence[int], enlarging: type[Upsample] = Upsample, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self._upsample = [enlarging(width, kernel_initializer=normal_init()) for width in channels]
        self._norms = [FusedBatchNormalization() for _ in channels]

    def call(self, x: Any, training: bool = False) -> list[Any]:
        """A map (N, s, s, C) → it, and the map after each layer, (N, 2s, 2s, channels[0]) …."""
        maps = [x]
        for upsample, norm in zip(self._upsample, self._norms, strict=True):
            maps.append(ops.relu(norm(upsample(maps[-1]), training=training)))
        return maps


class UpTrunk(BuiltByCall, keras.Model):
    """A dense layer to 4×4 with BatchNorm and ReLU, then `UpBlocks`.

    Args:
        channels: Widths from 4×4 upward.
        enlarging: Layer that enlarges.
    """

    def __init__(
        self, channels: Sequence[int], enlarging: type[Upsample] = Upsample, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.channels = tuple(channels)
        self._project = keras.layers.Dense(
            16 * channels[0], use_bias=False, kernel_initializer=normal_init()
        )
        self._first_norm = FusedBatchNormalization()
        self._enlargements = UpBlocks(channels[1:], enlarging)

    @property
    def image_size(self) -> int:
        """Side of the last map."""
        return 4 * 2 ** (len(self.channels) - 1)

    def call(self, vectors: Any, training: bool = False) -> list[Any]:
        """Vectors (N, k) → the map after each layer, (N, 4, 4, channels[0]) …."""
        x = ops.reshape(self._project(vectors), (-1, 4, 4, self.channels[0]))
        first = ops.relu(self._first_norm(x, training=training))
        return self._enlargements(first, training=training)
