"""A discriminator and critics on the maps of frozen networks, as one."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import he_init, leaky_relu, normal_init

if TYPE_CHECKING:
    from keras_t2i.tasks.base.feature_networks import MapsOf
    from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics

_LAST = 4  # side to which maps are brought


class MapCritic(BuiltByCall, keras.Model):
    """Tells whether a map is that of a real picture and shows its caption.

        h = 4×4 stride-2 convolutions to a side of at most 4 (3×3 of stride 1 where the map has it),
            BatchNorm, LeakyReLU(0.2)
        score = Dense(LeakyReLU(Dense(concat(h, LeakyReLU(FC(e))))))         a logit at each place

    Maps go through a fixed random projection of their channels first (Sauer et al. 2021, 3.2).

    Args:
        side: Side of the maps.
        width: Channels of the projection and of each layer.
        seed: Seed of the projection.
    """

    def __init__(self, side: int, width: int, seed: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self._projection = keras.layers.Dense(
            width,
            use_bias=False,
            trainable=False,
            kernel_initializer=keras.initializers.HeNormal(seed),
        )
        self._convolutions = [_convolution(width, 3, 1)] if side <= _LAST else []
        while side > _LAST:
            self._convolutions.append(_convolution(width, 4, 2))
            side = -(-side // 2)
        self._norms = [FusedBatchNormalization() for _ in self._convolutions]
        self._text, self._joint = (
            keras.layers.Dense(width, kernel_initializer=he_init()) for _ in range(2)
        )
        self._score = keras.layers.Dense(1, kernel_initializer=normal_init(), dtype="float32")

    def features(self, maps: Any, training: bool = False) -> Any:
        """Maps (N, h, w, C) → (N, h′, w′, width), h′ and w′ at most 4."""
        x = self._projection(maps)
        for convolution, norm in zip(self._convolutions, self._norms, strict=True):
            x = leaky_relu(norm(convolution(x), training=training))
        return x

    def score(self, features: Any, embedding: Any) -> Any:
        """Features (N, h′, w′, width), embedding (N, E) → float32 logits (N, h′w′)."""
        _, height, width, _ = features.shape
        text = leaky_relu(self._text(embedding))[:, None, None, :]
        text = ops.tile(text, (1, height, width, 1))
        both = leaky_relu(self._joint(ops.concatenate([features, text], axis=-1)))
        return ops.reshape(self._score(both), (-1, height * width))


class CriticEnsemble(BuiltByCall, keras.Model):
    """A discriminator beside critics on the maps of frozen networks (Kumari et al. 2022).

    It has a logit for each place of each map, and as many of the discriminator as a map of 4×4 has
    places. Losses take the mean of them all. It goes where a `Discriminator` goes.

    Args:
        discriminator: Discriminator with `features` and `score`, untrained.
        networks: The frozen networks, by their files; they belong to no player.
        critics: Critics on the maps of one network each.
        side: Side S of the pictures.

    Attributes:
        critics: The critics, one for each map.
    """

    def __init__(
        self,
        discriminator: keras.Model,
        networks: "MapsOf",
        critics: "Sequence[FeatureCritics]",
        side: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self._discriminator, self._networks, self._specs = discriminator, networks, tuple(critics)
        sides = [maps.shape[1] for maps in self._maps(ops.zeros((1, side, side, 3)))]
        widths = [each.width for each in critics for _ in each.maps]
        self.critics = [
            MapCritic(side, width, seed)
            for seed, (side, width) in enumerate(zip(sides, widths, strict=True))
        ]

    @property
    def identity(self) -> str:
        """Text that is the same where critics look at the same maps of the same networks."""
        known = self._networks.fingerprints
        each = [(known.get(c.extractor, ""), c.maps, c.width) for c in self._specs]
        return hashlib.sha256(repr(each).encode()).hexdigest()[:16]

    def _maps(self, images: Any) -> list[Any]:
        """Images (N, S, S, 3) in [−1, 1] → the maps that have a critic."""
        files = {each.extractor for each in self._specs}
        found = {file: self._networks(file, images) for file in sorted(files)}
        return [maps for each in self._specs for maps in each.chosen(found[each.extractor])]

    def features(self, images: Any, training: bool = False) -> list[Any]:
        """Images (N, S, S, 3) in [−1, 1] → the discriminator's features, and each critic's."""
        found = zip(self.critics, self._maps(images), strict=True)
        own = self._discriminator.features(images, training=training)
        return [own, *(critic.features(maps, training=training) for critic, maps in found)]

    def score(self, features: Sequence[Any], embedding: Any, training: bool = True) -> Any:
        """Features, embedding (N, E) → float32 logits (N, places)."""
        own, *others = features
        logits = self._discriminator.score(own, embedding, training)[:, None]
        logits = ops.tile(logits, (1, _LAST**2))
        scored = zip(self.critics, others, strict=True)
        return ops.concatenate([logits, *(c.score(f, embedding) for c, f in scored)], axis=1)

    def call(self, images: Any, embedding: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3), embedding (N, E) → float32 logits (N, places)."""
        return self.score(self.features(images, training), embedding, training)


def _convolution(width: int, side: int, stride: int) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        width, side, stride, "same", use_bias=False, kernel_initializer=he_init()
    )
