"""PSC-GAN's second stage: the GAN of labels."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of
from keras_t2i.adversarial.latents import ClippedGaussian, Gaussian
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.tasks.labels_to_image.initializers import FromAutoencoder, RandomWeights
from keras_t2i.tasks.labels_to_image.terms import LabelFeedback
from keras_t2i.training.hardware import Precision, precision_policy

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
    from keras_t2i.tasks.labels_to_image.gan import LabelGAN
    from keras_t2i.tasks.labels_to_image.task import LabelsToImageTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class LabelGanStage:
    """Trains the decoder as a generator against a fresh discriminator (PSC-GAN, eq. 4–6).

    Args:
        epochs: Visits of every picture.
        batch_size: Pictures a step.
        conditioned: Whether the generator receives the labels; else noise alone.
        start: Where the generator starts from.
        noise_dim: Width of z.
        latent: Distribution of z.
        loss: The adversarial loss.
        generator_terms: Further terms of the generator's loss.
        augmentations: What the discriminator's pictures undergo, real and fake alike.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        balanced: Draw every combination of labels equally often.
        generator_learning_rate: Adam's for the generator.
        discriminator_learning_rate: Adam's for the discriminator.
        beta_1: Adam's β₁ for both.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between sample grids.
        checkpoint_minutes: Time between checkpoints.
    """

    epochs: int = 30
    batch_size: int = 32
    conditioned: bool = True
    start: FromAutoencoder | RandomWeights = field(default_factory=FromAutoencoder)
    noise_dim: int = 100
    latent: Gaussian | ClippedGaussian = field(default_factory=Gaussian)
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein = field(
        default_factory=NonSaturating
    )
    generator_terms: tuple[LabelFeedback, ...] = (LabelFeedback(),)
    augmentations: tuple[Translation | Cutout, ...] = ()
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=ExponentialAverage
    )
    balanced: bool = False
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta_1: float = 0.5
    precision: Precision = "auto"
    sample_every: int = 5
    checkpoint_minutes: float = 2.0

    name = "gan"

    @property
    def needs_autoencoder(self) -> bool:
        """Whether the stage uses what an autoencoder's stage has trained."""
        return bool(self.generator_terms) or self.start.needs_autoencoder()

    def model(
        self,
        networks: "FaceNetworks",
        image_size: int,
        labels: int,
        reader: Any = None,
        seed: int = 0,
    ) -> "LabelGAN":
        """The GAN, untrained; `reader` is what `LabelFeedback` reads pictures with."""
        from keras_t2i.networks.discriminator import PictureDiscriminator
        from keras_t2i.tasks.labels_to_image.gan import LabelGAN
        from keras_t2i.tasks.labels_to_image.networks import LabelGenerator
        from keras_t2i.training.adam import FusedAdam

        def generator(name: str) -> LabelGenerator:
            label_dim = labels if self.conditioned else 0
            decoder = networks.decoder(image_size)
            return LabelGenerator(decoder, self.noise_dim, label_dim, name=name)

        with precision_policy(self.precision):
            network, average = generator("generator"), generator("average")
            discriminator = PictureDiscriminator(networks.down(image_size))
        return LabelGAN(
            network=network,
            average=average,
            discriminator=discriminator,
            reader=reader,
            optimizers=tuple(
                FusedAdam(rate, self.beta_1)
                for rate in (self.generator_learning_rate, self.discriminator_learning_rate)
            ),
            loss=self.loss,
            latent=self.latent,
            generator_extras=self.generator_terms,
            augmentations=self.augmentations,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def build(self, task: "LabelsToImageTask") -> "Training":
        """The stage on the task's pictures and its trained autoencoder."""
        from keras_t2i.pipelines.labels import labelled_pictures

        experiment = task.experiment
        reader = task.autoencoder.read if self.generator_terms else None
        task.seed()
        model = self.model(
            experiment.networks,
            task.info.image_size,
            task.schema.width,
            reader,
            experiment.seed,
        )
        self.start.prepare(model.network, task)
        model.average.set_weights(model.network.get_weights())

        def dataset(step: int) -> Any:
            return labelled_pictures(
                task.split,
                rows_of(self),
                seed=experiment.seed,
                balanced=self.balanced,
                start_step=step,
            )

        return by_epochs(
            self,
            model,
            dataset,
            len(task.split.images),
            xla=experiment.xla,
            draw=lambda step: task.draw_samples(model, step),
            finish=lambda: task.finish_samples(model),
            at_start=True,
        )
