"""A second stage that learns a flow in the place of a GAN."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keras_t2i.adversarial.averaging import Average, ExponentialAverage
from keras_t2i.components.registry import component
from keras_t2i.pipelines.requirements import require_labels
from keras_t2i.tasks.labels_to_image.flow_guidance import ClassifierGuidance
from keras_t2i.tasks.labels_to_image.flow_sizes import UNetSizes
from keras_t2i.tasks.labels_to_image.flow_solvers import Heun, Solver
from keras_t2i.tasks.labels_to_image.flow_times import LogitNormalTimes, TrainingTimes
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import Precision, precision_policy
from keras_t2i.training.stage import Given, Stage, Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.flow import LabelFlow


@dataclass(frozen=True, kw_only=True)
class LabelFlowGiven(Given):
    """Inputs from which a flow is built.

    Args:
        split: The training pictures with their labels.
        labels: Number of labels n.
        guide: The first stage's model, trained and frozen.
    """

    split: "Split"
    labels: int
    guide: "LabelledAutoencoder"


@component
class LabelFlowStage(Stage):
    """Learns the velocity from noise to pictures; draws guided by the first stage's classifier.

    Args:
        epochs: Number of visits of every picture.
        batch_size: Number of pictures per step.
        network: Sizes of the velocity's network.
        times: Distribution of the time t in the training.
        solver: Way to follow the velocity when pictures are drawn.
        guidance: Correction of the velocity by the classifier, when pictures are drawn.
        averaging: Average of the trained weights that is sampled from.
        learning_rate: Learning rate of Adam.
        balanced: Whether every combination of labels is drawn equally often.
        data_augmentation: Random crop and mirror image of the training pictures.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
        sample_every: Epochs between samples.
        checkpoint_minutes: Minutes between checkpoints.
    """

    epochs: int = 200
    batch_size: int = 32
    network: UNetSizes = field(default_factory=UNetSizes)
    times: TrainingTimes = field(default_factory=LogitNormalTimes)
    solver: Solver = field(default_factory=Heun)
    guidance: ClassifierGuidance = field(default_factory=ClassifierGuidance)
    averaging: Average = field(default_factory=ExponentialAverage)
    learning_rate: float = 2e-4
    balanced: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    precision: Precision = "auto"
    sample_every: int = 20
    checkpoint_minutes: float = 2.0

    name, length = "flow", "epochs"

    def check(self) -> None:
        """Refuse sizes that the network cannot have."""
        self.network.check()

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without labels, and of a size that the network cannot have."""
        require_labels(info)
        self.network.channels(info.image_size)

    def model(
        self,
        image_size: int,
        labels: int,
        guide: "LabelledAutoencoder | None" = None,
        seed: int = 0,
    ) -> "LabelFlow":
        """The flow, untrained.

        Args:
            image_size: Side of the pictures.
            labels: Number of labels n.
            guide: The first stage's model; `None` where nothing is drawn.
            seed: Seed of all noise of the training.
        """
        from keras_t2i.tasks.labels_to_image.flow import LabelFlow
        from keras_t2i.tasks.labels_to_image.flow_networks import VelocityNetwork
        from keras_t2i.training.adam import FusedAdam

        sizes = self.network
        channels = sizes.channels(image_size)
        with precision_policy(self.precision):
            network, average = (
                VelocityNetwork(image_size, labels, channels, sizes.blocks, sizes.patch, name=name)
                for name in ("velocity", "average")
            )
        return LabelFlow(
            network=network,
            average=average,
            optimizer=FusedAdam(self.learning_rate),
            averaging=self.averaging,
            times=self.times,
            solver=self.solver,
            guidance=self.guidance,
            guide=guide,
            seed=seed,
        )

    def build(self, given: LabelFlowGiven) -> Training:
        """The stage on labelled pictures and the trained classifier."""
        from keras_t2i.tasks.labels_to_image.labelled_training import labelled_training

        size = given.split.info.image_size
        model = self.model(size, given.labels, given.guide, given.seed)
        return labelled_training(self, model, given)
