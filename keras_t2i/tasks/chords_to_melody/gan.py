"""MidiNet: a melody for chords, bar after bar (Yang, Chou and Yang 2017)."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.adversarial.latents import Latent, row_noise
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.twice_differentiable import BatchNormalization
from keras_t2i.networks.traced import traced
from keras_t2i.networks.trunks import normal_init
from keras_t2i.pipelines.harmony import MOST_BARS
from keras_t2i.pipelines.melodies import CHORD_WIDTH, PITCHES, chord_of, roll_of
from keras_t2i.pipelines.midi import LOWEST, SPAN, STEPS

_HALVINGS = 3  # 16 steps to 2


def _norm() -> keras.Layer:
    return BatchNormalization(momentum=0.9, epsilon=1e-5)


def _beside(x: Any, condition: Any) -> Any:
    """A sequence (N, L, C) with a vector (N, D) at each place."""
    shape = (ops.shape(x)[0], x.shape[1], condition.shape[-1])
    return ops.concatenate([x, ops.broadcast_to(condition[:, None], shape)], -1)


class BarGenerator(BuiltByCall, keras.Model):
    """Noise, the bar before and the chord to a bar.

    Its authors' filters are as high as the piano roll or 1 high, so along the pitches every layer
    is dense, and along the time one-dimensional: two dense layers, three transposed convolutions
    of two steps with stride 2, and 128 sigmoids a step. The conditioner goes the way back, from the
    bar before to 2 steps; what it has at each length goes in at that length. The chord goes in at
    every layer.

    Args:
        width: Channels of the sequence.
        dense_width: Width of the first dense layer.
        conditioner_width: Channels of the conditioner.
    """

    def __init__(
        self, width: int = 128, dense_width: int = 1024, conditioner_width: int = 16, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)

        def dense(size: int) -> keras.Layer:
            return keras.layers.Dense(size, kernel_initializer=normal_init())

        self.width = width
        self._start = [dense(dense_width), dense(2 * width)]
        self._up = [
            keras.layers.Conv1DTranspose(width, 2, 2, kernel_initializer=normal_init())
            for _ in range(_HALVINGS)
        ]
        self._norms = [_norm() for _ in range(2 + _HALVINGS)]
        self._notes = keras.layers.Dense(PITCHES, "sigmoid", kernel_initializer=normal_init())
        self._remember = [dense(conditioner_width)] + [
            keras.layers.Conv1D(conditioner_width, 2, 2, kernel_initializer=normal_init())
            for _ in range(_HALVINGS)
        ]
        self._remember_norms = [_norm() for _ in self._remember]

    def call(self, noise: Any, previous: Any, chord: Any, training: bool = False) -> Any:
        """Noise (N, D), bar before (N, 16, 128), chord (N, 13) → (N, 16, 128) in [0, 1]."""
        memories, x = [], previous
        for layer, norm in zip(self._remember, self._remember_norms, strict=True):
            x = ops.leaky_relu(norm(layer(x), training=training), 0.2)
            memories.append(x)
        x = noise
        for layer, norm in zip(self._start, self._norms[:2], strict=True):
            x = layer(ops.concatenate([x, chord], -1))
            x = ops.relu(norm(x, training=training))
        x = ops.reshape(x, (-1, 2, self.width))
        for layer, norm in zip(self._up, self._norms[2:], strict=True):
            x = _beside(ops.concatenate([x, memories.pop()], -1), chord)
            x = ops.relu(norm(layer(x), training=training))
        return self._notes(_beside(ops.concatenate([x, memories.pop()], -1), chord))


class BarCritic(BuiltByCall, keras.Model):
    """Tells real bars from drawn ones, given the chord.

    A convolution over two steps and all pitches, one over four steps, a dense layer; the chord goes
    in at each.

    Args:
        features: Channels of the first convolution.
        width: Channels of the second convolution.
        dense_width: Width of the dense layer.
    """

    def __init__(
        self, features: int = 14, width: int = 77, dense_width: int = 1024, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._first = keras.layers.Conv1D(features, 2, 2, kernel_initializer=normal_init())
        self._second = keras.layers.Conv1D(width, 4, 2, kernel_initializer=normal_init())
        self._dense = keras.layers.Dense(dense_width, kernel_initializer=normal_init())
        self._norms = [_norm(), _norm()]
        self._score = keras.layers.Dense(1, kernel_initializer=normal_init())

    def features(self, bars: Any, chord: Any) -> Any:
        """Bars (N, 16, 128) → (N, 8, features): f of the paper's equation of feature matching."""
        return ops.leaky_relu(self._first(_beside(bars, chord)), 0.2)

    def score(self, features: Any, chord: Any, training: bool = False) -> Any:
        """Features → logits (N,)."""
        x = self._norms[0](self._second(_beside(features, chord)), training=training)
        x = ops.leaky_relu(x, 0.2)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2]))
        x = self._dense(ops.concatenate([x, chord], -1))
        x = ops.leaky_relu(self._norms[1](x, training=training), 0.2)
        return self._score(ops.concatenate([x, chord], -1))[:, 0]

    def call(self, bars: Any, chord: Any, training: bool = False) -> Any:
        """Bars (N, 16, 128), chords (N, 13) → logits (N,)."""
        return self.score(self.features(bars, chord), chord, training)


class BarContext(GanContext):
    """Real bars, bars drawn for the same chords after the same bars, and the critic's logits.

    `real` is (N, 16, 128), 1 where the note is.
    """

    model: "BarGAN"

    @property
    def chord(self) -> tf.Tensor:
        """The bars' chords (N, 13)."""
        return self.batch["chord"]

    @once
    def fakes(self) -> tf.Tensor:
        """Drawn bars, as many as the real ones."""
        noise = self.drawn_noise(self.model.noise_dim)
        return self.model.network(noise, self.batch["previous"], self.chord, training=True)

    @once
    def real_features(self) -> tf.Tensor:
        """The critic's first layer on real bars."""
        return self.features(self.shown_real)

    @once
    def fake_features(self) -> tf.Tensor:
        """The critic's first layer on drawn bars."""
        return self.features(self.shown_fakes)

    @once
    def real_logits(self) -> tf.Tensor:
        """The critic on real bars (N,)."""
        return self.score_features(self.real_features)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on drawn ones (N,)."""
        return self.score_features(self.fake_features)

    def features(self, bars: tf.Tensor) -> tf.Tensor:
        """The critic's first layer on bars with the chords."""
        return self.model.discriminator.features(bars, self.chord)

    def score_features(self, features: tf.Tensor) -> tf.Tensor:
        """The critic's logits of features with the chords (N,)."""
        return self.model.discriminator.score(features, self.chord, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of bars with the chords (N,)."""
        return self.score_features(self.features(images))


class BarGAN(GAN[BarContext]):
    """A generator of bars against a critic.

    Args:
        noise_dim: Width of the noise z.
        **kwargs: Further arguments of `GAN`.
    """

    latent: Latent

    def __init__(self, *, noise_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noise_dim = noise_dim

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> BarContext:
        """The batch with this step's randomness."""
        return BarContext(self, batch, self.seed_of(move))

    @traced
    def compose(
        self, chords: tf.Tensor, seeds: tf.Tensor, first: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Melodies, each bar after the one that was just drawn.

        The first bar is drawn from scratch, or given: a priming melody (Yang, Chou and Yang 2017).
        The noise of a bar is the same either way.

        Args:
            chords: Numbers of `harmony.CHORDS`, int64 (N, bars); at most 4,096 bars.
            seeds: Seeds of each melody's noise, int64 (N,).
            first: MIDI numbers of each melody's first bar, int64 (N, 16), C4 … B5.

        Returns:
            MIDI numbers int64 (N, bars, 16): the likeliest pitch of each step, of those that
            melodies have, C4 … B5.
        """
        previous = tf.zeros((tf.shape(chords)[0], STEPS, PITCHES))
        bars = tf.TensorArray(tf.int64, tf.shape(chords)[1], element_shape=(None, STEPS))

        def add(i: tf.Tensor, previous: tf.Tensor, bars: tf.TensorArray) -> tuple:
            noise = row_noise(self.latent, seeds * MOST_BARS + tf.cast(i, tf.int64), self.noise_dim)
            drawn = self.average(noise, previous, chord_of(chords[:, i]), training=False)
            pitches = LOWEST + tf.argmax(drawn[..., LOWEST : LOWEST + SPAN], -1)
            if first is not None:
                pitches = tf.where(i == 0, first, pitches)
            return i + 1, roll_of(pitches), bars.write(i, pitches)

        def more(i: tf.Tensor, previous: tf.Tensor, bars: tf.TensorArray) -> tf.Tensor:
            return i < tf.shape(chords)[1]

        *_, bars = tf.while_loop(more, add, (0, previous, bars))
        return tf.transpose(bars.stack(), (1, 0, 2))


def untrained_bar() -> tuple[tf.Tensor, tf.Tensor]:
    """A bar and a chord of zeros, to build networks with."""
    return tf.zeros((1, STEPS, PITCHES)), tf.zeros((1, CHORD_WIDTH))
