"""Experiments that draw from labels: an autoencoder, then a stage that draws."""

from abc import abstractmethod
from dataclasses import field
from typing import TYPE_CHECKING, Any

from keras_t2i.components.registry import component
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderStage, FaceNetworks
from keras_t2i.training.stage import Stage

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo


@component
class LabelDrawing(TaskExperiment):
    """An autoencoder whose latent tells the labels, then a stage that draws from labels.

    Args:
        networks: Sizes of the autoencoder's networks, and of those that start from them.
        autoencoder: The autoencoder's stage.
    """

    networks: FaceNetworks = field(default_factory=FaceNetworks)
    autoencoder: AutoencoderStage = field(default_factory=AutoencoderStage)

    @property
    @abstractmethod
    def drawing(self) -> Stage:
        """The last stage, which draws."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Autoencoder, then what draws."""
        return (self.autoencoder, self.drawing)

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse what the stages refuse, and pictures of a side that the networks cannot have."""
        super().check_data(info)
        self.networks.down(info.image_size)

    def drawn_source(self) -> Any:
        """The faces that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.faces import Faces

        return Faces()
