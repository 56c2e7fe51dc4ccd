"""A GAN from pictures to pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.adversarial.losses import (
    AdversarialLoss,
    NonSaturating,
)
from keras_t2i.adversarial.stage import EpochStage
from keras_t2i.adversarial.terms import GeneratorTerm, Term
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import Masked
from keras_t2i.tasks.image_to_image.architectures import Architecture, UNetAndPatches
from keras_t2i.tasks.image_to_image.critic_views import CriticView, FinishedPicture
from keras_t2i.tasks.image_to_image.terms import Reconstruction
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, OptimizerSpec
from keras_t2i.training.stage import Given, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.paired import Degradation
    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.base.feature_networks import FeatureNetworks
    from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN


@dataclass(frozen=True, kw_only=True)
class PairsGiven(Given):
    """Training data of a GAN from pictures to pictures.

    Args:
        split: The training pictures.
        degradation: Loss of detail that makes a picture its own source; `None` takes the source
            stored with it.
        first_weights: Weights that the generator begins with; `None` begins at random.
    """

    split: "Split"
    degradation: "Degradation | None"
    first_weights: list[np.ndarray] | None = None


@component
class ImageToImageGanStage(EpochStage):
    """Trains a generator from pictures to pictures against a critic.

    Args:
        networks: Generator and critic.
        critic_view: Part of the pictures that the critic sees.
        loss: The adversarial loss; `NoAdversarialLoss` trains on the reconstruction alone.
        generator_terms: Further terms of the generator's loss.
        generator_optimizer: The generator's optimizer.
        critic_optimizer: The critic's optimizer.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
    """

    networks: Architecture = field(default_factory=UNetAndPatches)
    critic_view: CriticView = field(default_factory=FinishedPicture)
    epochs: int = 200
    batch_size: int = 1
    loss: AdversarialLoss = field(default_factory=NonSaturating)
    generator_terms: tuple[GeneratorTerm, ...] = (Reconstruction(100.0, 1.0),)
    generator_optimizer: OptimizerSpec = field(default_factory=Adam)
    critic_optimizer: OptimizerSpec = field(default_factory=Adam)
    precision: Precision = "auto"
    sample_every: int = 10

    name = "gan"
    offers = frozenset({"source pictures", "holes"})

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The further terms of both players' losses, by the field that has them."""
        return {**super().terms, "generator_terms": self.generator_terms}

    @property
    def stages(self) -> tuple["ImageToImageGanStage", ...]:
        """Stages to train for this one, in this order."""
        return (self,)

    def check(self) -> None:
        """Refuse what `AdversarialStage` refuses, and networks whose settings mean nothing."""
        super().check()
        self.networks.check()

    def check_degradation(self, degradation: "Degradation | None") -> None:
        """Refuse sources that networks, critic or terms have no use for.

        Args:
            degradation: Loss of detail that makes the sources; `None` of stored ones.

        Raises:
            InputError: Holes are needed, and the degradation makes none.
        """
        self.critic_view.check(self.networks, degradation)
        if isinstance(degradation, Masked):
            return
        needing = [term for term in self.generator_terms if "holes" in term.needs]
        for each in (*needing, *([self.networks] if self.networks.fills_holes else ())):
            raise InputError(
                f"{type(each).__name__} of the stage `{self.name}` needs pictures with holes "
                f"(CentreMask, RandomMasks). Received: {degradation}."
            )

    def check_sides(self, image_size: int, degradation: "Degradation | None") -> None:
        """Refuse pictures of a side that the networks, or the critic's view, cannot have.

        Args:
            image_size: Side of the pictures that are made.
            degradation: Loss of detail that makes the sources; `None` of stored ones.

        Raises:
            InputError: Such a side.
        """
        source = degradation.source_size(image_size) if degradation else image_size
        made = self.networks.side(source)
        if made != image_size:
            raise InputError(
                f"The generator makes pictures of side {made} of the sources, the data's have "
                f"{image_size}: the factors of --degradation and --gan.networks must agree."
            )
        self.networks.check_side(image_size)
        self.critic_view.window(image_size, degradation)

    def check_networks(self, image_size: int) -> None:
        """Refuse networks of features that cannot be used."""
        from keras_t2i.tasks.image_to_image.features import check_features

        if self.given_files:
            check_features(self.generator_terms, image_size)

    @property
    def given_files(self) -> tuple[str, ...]:
        """The files of the networks that terms compare pictures by."""
        from keras_t2i.tasks.image_to_image.features import files_of

        return tuple(files_of(self.generator_terms))

    def model(
        self,
        image_size: int,
        source_shape: Sequence[int],
        seed: int = 0,
        degradation: "Degradation | None" = None,
        maps: "FeatureNetworks | None" = None,
    ) -> "ImageToImageGAN":
        """The GAN, untrained.

        Args:
            image_size: Side of the pictures that are made.
            source_shape: Height, width and channels of the source pictures.
            seed: Seed of all noise of the GAN.
            degradation: Loss of detail that makes the sources, if there is one.
            maps: The networks of terms of features; only training asks for them.
        """
        import tensorflow as tf

        from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN

        source = tf.zeros((1, *source_shape))
        window = self.critic_view.window(image_size, degradation)
        with precision_policy(self.precision):
            network, average = (self.networks.generator(image_size) for _ in range(2))
            critic = self.networks.critic(len(range(*window.indices(image_size))))
        for generator in (network, average):
            images = generator(source)
        critic((source[:, window, window], images[:, window, window]))
        return ImageToImageGAN(
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            latent=None,
            view=self.critic_view,
            window=window,
            maps=maps,
            generator_extras=self.generator_terms,
            **self.game(seed),
        )

    def build(self, given: PairsGiven) -> Training:
        """The stage on pairs of pictures."""
        from keras_t2i.pipelines.paired import paired_pictures
        from keras_t2i.tasks.base.feature_networks import feature_networks
        from keras_t2i.tasks.image_to_image.features import files_of

        def dataset(step: int, **options: Any) -> Any:
            return paired_pictures(
                given.split,
                self.rows,
                given.degradation,
                seed=given.seed,
                start_step=step,
                **options,
            )

        shape = next(iter(dataset(0)))["source"].shape[1:]
        model = self.model(
            given.split.info.image_size,
            shape,
            given.seed,
            given.degradation,
            feature_networks(files_of(self.generator_terms)),
        )
        if given.first_weights is not None:
            for generator in (model.network, model.average):
                generator.set_weights(given.first_weights)
        return self.training_of(given, model, dataset, len(given.split.images))
