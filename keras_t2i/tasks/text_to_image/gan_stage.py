"""Stage two: the conditional GAN."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.latents import ClippedGaussian, Gaussian
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.components.bounds import from_zero
from keras_t2i.networks.layers.condition_specs import AugmentedCondition, PlainCondition
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.terms import ConditioningDivergence, Interpolation
from keras_t2i.training.hardware import Precision, precision_policy

if TYPE_CHECKING:
    import keras

    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
    from keras_t2i.tasks.text_to_image.task import TextToImageTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class CaptionGanStage:
    """Trains a generator and a matching-aware discriminator on embedded captions (thesis III.B–D).

    Args:
        pairs: Caption-picture pairs to see in all.
        batch_size: Pairs a step.
        generator_channels: Widths from 4×4 upward; the last is at the picture's size.
        discriminator_channels: Widths down to 4×4.
        text_dim: Channels of the embedding beside the discriminator's features.
        joint_dim: Width of the discriminator's joint layer; 0 is the thesis's letter, a score
            linear in picture and caption.
        latent_dim: Width of z.
        latent: Distribution of z.
        condition: How the embedding conditions the generator.
        standardize: Scale the embeddings to mean 0 and deviation 1 before the GAN sees them.
        loss: The adversarial loss.
        generator_terms: Further terms of the generator's loss.
        augmentations: What the discriminator's pictures undergo, real and fake alike.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_learning_rate: Adam's for the generator.
        discriminator_learning_rate: Adam's for the discriminator.
        beta_1: Adam's β₁ for both.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        interval: Steps between reports.
        sample_every: Steps between sample grids.
        checkpoint_minutes: Time between checkpoints.
    """

    pairs: int = 45_000_000
    batch_size: int = 64
    generator_channels: tuple[int, ...] = (768, 384, 192, 96, 48)
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    text_dim: int = 128
    joint_dim: int = from_zero(0)
    latent_dim: int = 100
    latent: Gaussian | ClippedGaussian = field(default_factory=ClippedGaussian)
    condition: PlainCondition | AugmentedCondition = field(default_factory=PlainCondition)
    standardize: bool = False
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein = field(
        default_factory=NonSaturating
    )
    generator_terms: tuple[Interpolation | ConditioningDivergence, ...] = ()
    augmentations: tuple[Translation | Cutout, ...] = ()
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=ExponentialAverage
    )
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: float = 0.5
    precision: Precision = "auto"
    interval: int = 50
    sample_every: int = 500
    checkpoint_minutes: float = 2.0

    name = "gan"

    def model(
        self, embedding_dim: int, embeddings: np.ndarray | None = None, seed: int = 0
    ) -> "ConditionalGAN":
        """The GAN, untrained; its scale of embeddings is that of `embeddings` (M, E)."""
        from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
        from keras_t2i.tasks.text_to_image.networks import Discriminator
        from keras_t2i.training.adam import FusedAdam

        with precision_policy(self.precision):
            network, average = (
                self.generator(embedding_dim, name) for name in ("generator", "average")
            )
            discriminator = Discriminator(
                self.discriminator_channels, embedding_dim, self.text_dim, self.joint_dim
            )
        scaled = self.standardize and embeddings is not None
        return ConditionalGAN(
            network=network,
            average=average,
            discriminator=discriminator,
            optimizers=tuple(
                FusedAdam(rate, self.beta_1)
                for rate in (self.generator_learning_rate, self.discriminator_learning_rate)
            ),
            embedding_mean=embeddings.mean(0) if scaled else np.zeros(embedding_dim),
            embedding_deviation=embeddings.std(0) + 1e-6 if scaled else np.ones(embedding_dim),
            loss=self.loss,
            latent=self.latent,
            generator_extras=self.generator_terms,
            augmentations=self.augmentations,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    @property
    def generator_side(self) -> int:
        """Side of the generator's pictures."""
        return 4 * 2 ** (len(self.generator_channels) - 1)

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return full

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.text_to_image.networks import Generator

        condition = self.condition.layer()
        return Generator(
            self.generator_channels, self.latent_dim, embedding_dim, condition, name=name
        )

    def prepare(self, model: "ConditionalGAN", task: "TextToImageTask") -> None:
        """What is done to the untrained model first: nothing."""

    def build(self, task: "TextToImageTask") -> "Training":
        """The stage on the task's pictures and its trained encoder's embeddings."""
        from keras_t2i.training.callbacks.every import Every
        from keras_t2i.training.hardware import jit_compile
        from keras_t2i.training.loop import Training

        experiment = task.experiment
        self._check(task)
        embeddings = task.embeddings()
        task.seed()
        model = self.model(embeddings.shape[1], embeddings, experiment.seed)
        self.prepare(model, task)
        rows = self.batch_size * self.schedule.batches
        dataset = partial(self.dataset, task, embeddings, rows)
        first = next(iter(dataset(0)))
        model.ready(model.term_names(first), jit_compile=jit_compile(experiment.xla))
        return Training(
            model=model,
            dataset=dataset,
            steps=max(1, self.pairs // rows),
            interval=self.interval,
            rows_per_step=rows,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[Every(self.sample_every, lambda step: task.draw_samples(model, step))],
            finish=lambda: task.finish_samples(model),
        )

    def dataset(self, task: "TextToImageTask", embeddings: np.ndarray, rows: int, step: int) -> Any:
        """The captioned pictures, from a step on."""
        from keras_t2i.pipelines.captions import captioned_pictures

        return captioned_pictures(
            task.split,
            rows,
            seed=task.experiment.seed,
            embeddings=embeddings,
            start_step=step,
        )

    def _check(self, task: "TextToImageTask") -> None:
        """Refuse data of another size, and widths that do not lead to it."""
        wanted = self.image_size(task.info.image_size)
        discriminator = 4 * 2 ** len(self.discriminator_channels)
        if not self.generator_side == discriminator == wanted:
            raise InputError(
                "The networks' sizes must be the data's image size. Received: generator "
                f"{self.generator_side} ({len(self.generator_channels)} widths), discriminator "
                f"{discriminator} ({len(self.discriminator_channels)} widths), data {wanted}."
            )
