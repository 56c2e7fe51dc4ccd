"""Stage two of a GAN whose generator looks at words."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.components.bounds import FromZero
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven
from keras_t2i.tasks.text_to_image.gan_stage import ThesisCriticStage

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    import numpy as np
    import tensorflow as tf

    from keras_t2i.tasks.base.feature_networks import MapsOf
    from keras_t2i.tasks.text_to_image.word_gan import WordGAN


@component
class WordGanStage(ThesisCriticStage):
    """Trains a generator that looks at words against the discriminator of No's thesis.

    The discriminator has a joint layer.

    Args:
        generator_channels: Widths of the generator's maps, from 4×4 upward.
        modulated: Number of doublings, from 4×4 upward, that noise and sentence modulate; the
            others are plain.
        attention_sides: Sides of the maps that look at the words.
        attention_dim: Width of the attention's queries, keys and values.
        latent_dim: Width of the noise z.
    """

    generator_channels: tuple[int, ...] = (512, 256, 128, 64, 32)
    modulated: FromZero = 4
    attention_sides: tuple[int, ...] = (16, 32)
    attention_dim: int = 64
    latent_dim: int = 100
    joint_dim: FromZero = 512
    standardize: bool = True
    latent: Latent = field(default_factory=Gaussian)

    @property
    def offers(self) -> frozenset[str]:
        """Inputs for further terms: there are no words between those of two captions."""
        return super().offers - {"places between captions"}

    def check(self) -> None:
        """Refuse what `ThesisCriticStage` refuses, and sides that the generator does not reach."""
        super().check()
        sides = [8 * 2**number for number in range(len(self.generator_channels) - 1)]
        if not set(self.attention_sides) <= set(sides):
            raise InputError(
                f"--{self.name}.attention-sides must be among the sides of the generator's maps, "
                f"{sides}. Received: {list(self.attention_sides)}."
            )
        if self.modulated > len(sides):
            raise InputError(
                f"--{self.name}.modulated must be at most the number of doublings, {len(sides)}. "
                f"Received: {self.modulated}."
            )

    @property
    def generator_side(self) -> int:
        """Side of the generator's pictures."""
        return 4 * 2 ** (len(self.generator_channels) - 1)

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.text_to_image.word_generator import WordGenerator

        return WordGenerator(
            self.generator_channels,
            self.modulated,
            self.attention_sides,
            self.attention_dim,
            self.latent_dim,
            embedding_dim,
            self.condition.layer(),
            name=name,
        )

    def discriminator(self, embedding_dim: int) -> "keras.Model":
        """The discriminator, untrained; without BatchNorm its scores are not all 0 at first."""
        from keras_t2i.networks.trunks import he_init
        from keras_t2i.tasks.text_to_image.networks import Discriminator

        return Discriminator(**self.critic_sizes(embedding_dim), initializer=he_init)

    def model(
        self,
        embedding_dim: int,
        embeddings: "np.ndarray | None" = None,
        seed: int = 0,
        reader: "Callable[[tf.Tensor], tf.Tensor] | None" = None,
        networks: "MapsOf | None" = None,
        word_shape: tuple[int, int] = (32, 1024),
    ) -> "WordGAN":
        """The GAN, untrained.

        Args:
            embedding_dim: Width E of the embeddings.
            embeddings: Embeddings whose scale is taken, float32 (M, E); none when a checkpoint
                follows.
            seed: Seed of all noise of the GAN.
            reader: Image encoder as in `CaptionGiven`; only training asks for it.
            networks: The networks of the feature critics, as in `CaptionStage.model`.
            word_shape: Number n of words of a caption, and width W of their states.
        """
        from keras_t2i.tasks.text_to_image.word_gan import WordGAN

        parts = self.parts(embedding_dim, embeddings, seed, reader, networks)
        return WordGAN(word_shape=word_shape, **parts)

    def shapes_of(self, given: CaptionGiven) -> dict[str, Any]:
        """The number of words of a caption, and the width of their states."""
        if given.words is None:
            raise TypeError("The stage must be given the words' states.")
        return {"word_shape": given.words.shape[1:]}
