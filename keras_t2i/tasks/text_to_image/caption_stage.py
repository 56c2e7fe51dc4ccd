"""The base of all GANs of captions, whatever their networks."""

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.adversarial.augmentation import Augmentation
from keras_t2i.adversarial.averaging import Average, ExponentialAverage
from keras_t2i.adversarial.latents import ClippedGaussian, Latent
from keras_t2i.adversarial.stage import AdversarialStage
from keras_t2i.adversarial.terms import GeneratorTerm, Term
from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.requirements import require_mismatches
from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import adam_pair
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    import tensorflow as tf

    from keras_t2i.pipelines.held import Rows
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.base.feature_networks import MapsOf
    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN


@dataclass(frozen=True, kw_only=True)
class CaptionGiven(Given):
    """Inputs from which a GAN of captions is built.

    Args:
        split: The training pictures.
        embeddings: Embeddings of the split's captions in turn, float32 (captions, E).
        reader: Network from pictures to embeddings like the captions', frozen; `None` where the
            encoder's stage trains no image encoder.
        words: States of the captions' words in turn, float16 (captions, n, W), 0 on padding;
            `None` where the generator takes none.
    """

    split: "Split"
    embeddings: np.ndarray
    reader: "Callable[[tf.Tensor], tf.Tensor] | None" = None
    words: "Rows | None" = None


@component
class CaptionStage(AdversarialStage):
    """Base of all GANs of captions, whatever their networks: GAN-CLS (Reed et al. 2016).

    Args:
        pairs: Number of caption-picture pairs to see in all.
        latent: Distribution of the noise z.
        mismatched_by_picture: Whether mismatched captions come from any other picture, not from
            another class alone: what captions say of the scene then matters too.
        data_augmentation: Random crop and mirror image of the training pictures.
        standardize: Whether embeddings are scaled to mean 0 and deviation 1 before the GAN sees
            them.
        generator_terms: Further terms of the generator's loss.
        augmentations: Augmentations of the discriminator's pictures, real and fake alike.
        feature_critics: Critics beside the discriminator, on the maps of frozen networks.
        generator_learning_rate: Learning rate of the generator's Adam.
        discriminator_learning_rate: Learning rate of the discriminator's Adam.
        beta_1: Decay β₁ of both Adam optimizers.
        beta_2: Decay β₂ of both Adam optimizers.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
        interval: Steps between reports.
        sample_every: Steps between sample grids.
    """

    pairs: int = 45_000_000
    latent: Latent = field(default_factory=ClippedGaussian)
    mismatched_by_picture: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    standardize: bool = False
    generator_terms: tuple[GeneratorTerm, ...] = ()
    augmentations: tuple[Augmentation, ...] = ()
    feature_critics: tuple[FeatureCritics, ...] = ()
    averaging: Average = field(default_factory=ExponentialAverage)
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: Share = 0.5
    beta_2: Share = 0.999
    precision: Precision = "auto"
    interval: int = 50
    sample_every: int = 500

    name, length = "gan", "pairs"

    @property
    def offers(self) -> frozenset[str]:
        """Inputs for further terms: captions, and what the encoder gives."""
        return frozenset({"captions", "places between captions", "image encoder"})

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The further terms of both players' losses, by the field that has them."""
        return {**super().terms, "generator_terms": self.generator_terms}

    @property
    def extractors(self) -> tuple[str, ...]:
        """The files of the networks that critics look through."""
        return tuple(each.extractor for each in self.feature_critics)

    @property
    def given_files(self) -> tuple[str, ...]:
        """The files of the networks that critics look through."""
        return self.extractors

    def check(self) -> None:
        """Refuse what `AdversarialStage` refuses, and critics without the file of a network."""
        super().check()
        for number, each in enumerate(self.feature_critics):
            each.check(f"--{self.name}.feature-critics.{number}")

    def map_shapes(self) -> dict[str, list[list[int]]]:
        """Shapes (h, w, C) of the maps that the networks of feature critics give, by their files.

        Raises:
            InputError: A network that cannot be used, or without the maps that are asked for.
        """
        if not self.feature_critics:
            return {}
        load_tensorflow()  # without its chatter
        import tensorflow as tf

        from keras_t2i.tasks.base.feature_networks import feature_networks

        networks, side = feature_networks(self.extractors), self.discriminator_side
        shapes = {}
        for each in self.feature_critics:
            found = networks(each.extractor, tf.zeros((1, side, side, 3)))
            each.chosen(found)
            shapes[each.extractor] = [list(maps.shape[1:]) for maps in found]
        return shapes

    @property
    @abstractmethod
    def generator_side(self) -> int:
        """Side of the generator's pictures."""

    @property
    @abstractmethod
    def discriminator_side(self) -> int:
        """Side of the pictures that the discriminator takes."""

    @abstractmethod
    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained."""

    @abstractmethod
    def discriminator(self, embedding_dim: int) -> "keras.Model":
        """The discriminator, untrained: `features` of pictures, then `score` with embeddings."""

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return full

    def model(
        self,
        embedding_dim: int,
        embeddings: np.ndarray | None = None,
        seed: int = 0,
        reader: "Callable[[tf.Tensor], tf.Tensor] | None" = None,
        networks: "MapsOf | None" = None,
    ) -> "ConditionalGAN":
        """The GAN, untrained.

        Args:
            embedding_dim: Width E of the embeddings.
            embeddings: Embeddings whose scale is taken, float32 (M, E); none when a checkpoint
                follows.
            seed: Seed of all noise of the GAN.
            reader: Image encoder as in `CaptionGiven`; only training asks for it.
            networks: The networks of the feature critics; without them there are no such critics.
        """
        from keras_t2i.tasks.text_to_image.gan import ConditionalGAN

        return ConditionalGAN(**self.parts(embedding_dim, embeddings, seed, reader, networks))

    def parts(
        self,
        embedding_dim: int,
        embeddings: np.ndarray | None,
        seed: int,
        reader: "Callable[[tf.Tensor], tf.Tensor] | None",
        networks: "MapsOf | None",
    ) -> dict[str, Any]:
        """Arguments of the GAN; what they are made of is as in `model`."""
        with precision_policy(self.precision):
            network, average = (
                self.generator(embedding_dim, name) for name in ("generator", "average")
            )
            judges = self.judges(embedding_dim, networks)
        mean, deviation = np.zeros(embedding_dim), np.ones(embedding_dim)
        if self.standardize and embeddings is not None:
            mean, deviation = embeddings.mean(0), embeddings.std(0) + 1e-6
        return {
            "network": network,
            "average": average,
            **judges,
            "optimizers": adam_pair(
                self.generator_learning_rate,
                self.discriminator_learning_rate,
                self.beta_1,
                self.beta_2,
            ),
            "embedding_mean": mean,
            "embedding_deviation": deviation,
            "reader": reader,
            "latent": self.latent,
            "generator_extras": self.generator_terms,
            "augmentations": self.augmentations,
            **self.game(seed),
        }

    def judges(self, embedding_dim: int, networks: "MapsOf | None") -> dict[str, Any]:
        """Arguments of the GAN: the discriminator, untrained, and the feature critics beside it."""
        discriminator = self.discriminator(embedding_dim)
        if networks is None or not self.feature_critics:
            return {"discriminator": discriminator}
        from keras_t2i.tasks.text_to_image.critic_ensemble import CriticEnsemble

        ensemble = CriticEnsemble(
            discriminator, networks, self.feature_critics, self.discriminator_side
        )
        return {
            "discriminator": ensemble,
            "added": {f"critics {ensemble.identity}": ensemble.critics},
        }

    def model_for(self, given: CaptionGiven) -> "ConditionalGAN":
        """The GAN, untrained, for some captions."""
        from keras_t2i.tasks.base.feature_networks import feature_networks

        return self.model(
            given.embeddings.shape[1],
            given.embeddings,
            given.seed,
            given.reader,
            feature_networks(self.extractors),
            **self.shapes_of(given),
        )

    def shapes_of(self, given: CaptionGiven) -> dict[str, Any]:
        """Further arguments of `model` that follow from the captions: here none."""
        return {}

    def build(self, given: CaptionGiven) -> Training:
        """The stage on captioned pictures and their captions' embeddings.

        Raises:
            InputError: The networks' sizes are not the data's.
        """
        self.check_data(given.split.info)
        model = self.model_for(given)
        self.prepare(model, given)
        return self.training(
            given,
            model,
            partial(self.dataset, given),
            steps=max(1, self.pairs // self.rows),
            interval=self.interval,
            epoch=max(1, len(given.split.images) // self.rows),
            draw_every=self.sample_every,
        )

    def prepare(self, model: "ConditionalGAN", given: CaptionGiven) -> None:
        """Prepare the untrained model: here there is nothing to do."""

    def dataset(self, given: CaptionGiven, step: int, **options: Any) -> Any:
        """The captioned pictures, from a step on."""
        from keras_t2i.pipelines.captions import captioned_pictures

        return captioned_pictures(
            given.split,
            self.rows,
            seed=given.seed,
            embeddings=given.embeddings,
            words=given.words,
            augmentation=self.data_augmentation,
            start_step=step,
            mismatched_by_picture=self.mismatched_by_picture,
            **options,
        )

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without mismatched captions, of another size than the networks'.

        Networks of feature critics that cannot be used are refused too.
        """
        self.map_shapes()
        option = f"mismatched-by-picture of the stage `{self.name}`"
        require_mismatches(info, self.mismatched_by_picture, option)
        full = info.image_size
        shrunk = full // max(1, self.image_size(full))
        generator = shrunk * self.generator_side
        discriminator = shrunk * self.discriminator_side
        if not generator == discriminator == full:
            raise InputError(
                f"The networks' sizes must be the data's image size. Received: stage `{self.name}` "
                f"with a generator of {generator} pixels, a discriminator of {discriminator} and "
                f"data of {full}. Prepare the data again with --image-size {generator}, or change "
                "the networks' widths."
            )
