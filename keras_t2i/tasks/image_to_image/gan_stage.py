"""A GAN from pictures to pictures."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage
from keras_t2i.adversarial.by_epochs import by_epochs, rows_of
from keras_t2i.adversarial.losses import (
    Hinge,
    LeastSquares,
    Minimax,
    NoAdversarialLoss,
    NonSaturating,
    Wasserstein,
)
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.image_to_image.architectures import Inpainting, SuperResolution, UNetAndPatches
from keras_t2i.tasks.image_to_image.terms import HoleReconstruction, Reconstruction
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.optimizers import Adam, RMSProp

if TYPE_CHECKING:
    from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN
    from keras_t2i.tasks.image_to_image.task import ImageToImageTask
    from keras_t2i.training.loop import Training


@dataclass(frozen=True)
class ImageToImageGanStage:
    """Trains a generator from pictures to pictures against a critic.

    Args:
        networks: Generator and critic.
        epochs: Visits of every picture.
        batch_size: Pairs a move.
        loss: The adversarial loss; `NoAdversarialLoss` trains on the reconstruction alone.
        generator_terms: Further terms of the generator's loss.
        schedule: Who moves when.
        averaging: How the sampled weights follow the trained ones.
        generator_optimizer: The generator's.
        critic_optimizer: The critic's.
        precision: `auto` is bfloat16 where the device multiplies it fast, else float32.
        sample_every: Epochs between pictures of the samples.
        checkpoint_minutes: Time between checkpoints.
    """

    networks: UNetAndPatches | SuperResolution | Inpainting = field(default_factory=UNetAndPatches)
    epochs: int = 200
    batch_size: int = 1
    loss: NonSaturating | Minimax | LeastSquares | Hinge | Wasserstein | NoAdversarialLoss = field(
        default_factory=NonSaturating
    )
    generator_terms: tuple[Reconstruction | HoleReconstruction, ...] = (Reconstruction(100.0, 1.0),)
    schedule: Simultaneous | Alternating = field(default_factory=Simultaneous)
    averaging: ExponentialAverage | StochasticWeightAverage | NoAverage = field(
        default_factory=NoAverage
    )
    generator_optimizer: Adam | RMSProp = field(default_factory=Adam)
    critic_optimizer: Adam | RMSProp = field(default_factory=Adam)
    precision: Precision = "auto"
    sample_every: int = 10
    checkpoint_minutes: float = 2.0

    name = "gan"

    @property
    def stages(self) -> tuple["ImageToImageGanStage", ...]:
        """What is trained for it, in this order."""
        return (self,)

    def model(self, image_size: int, batch: dict[str, Any], seed: int = 0) -> "ImageToImageGAN":
        """The GAN, untrained, for batches such as one that is given.

        Raises:
            InputError: The generator's pictures are not of the data's size.
        """
        from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN

        with precision_policy(self.precision):
            network, average = (self.networks.generator(image_size) for _ in range(2))
            critic = self.networks.critic(image_size)
        for generator in (network, average):
            images = generator(batch["source"][:1])
        if images.shape[1] != image_size:
            raise InputError(
                f"The generator makes pictures of side {images.shape[1]} of what is given, the "
                f"data's have {image_size}: the factors of --given and --gan.networks must agree."
            )
        critic((batch["source"][:1], images))
        return ImageToImageGAN(
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            loss=self.loss,
            latent=None,
            generator_extras=self.generator_terms,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )

    def prepare(self, model: "ImageToImageGAN", task: "ImageToImageTask") -> None:
        """What is done to the untrained GAN: nothing."""

    def build(self, task: "ImageToImageTask") -> "Training":
        """The stage on the task's pairs."""
        from keras_t2i.pipelines.paired import paired_pictures

        experiment = task.experiment
        task.seed()

        def dataset(step: int) -> Any:
            return paired_pictures(
                task.split,
                rows_of(self),
                experiment.given,
                seed=experiment.seed,
                start_step=step,
            )

        first = next(iter(dataset(0)))
        model = self.model(task.info.image_size, first, experiment.seed)
        self.prepare(model, task)
        return by_epochs(
            self,
            model,
            dataset,
            len(task.split.images),
            xla=experiment.xla,
            draw=lambda step: task.draw_samples(model, step, self.name),
            finish=lambda: task.finish_samples(model, self.name),
        )
