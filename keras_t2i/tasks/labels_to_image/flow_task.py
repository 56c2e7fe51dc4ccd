"""Labels to pictures: an autoencoder, then a flow that its classifier guides."""

from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import check_numbers
from keras_t2i.components.registry import component
from keras_t2i.tasks.labels_to_image.drawing_task import LabelDrawingTask
from keras_t2i.tasks.labels_to_image.flow_guidance import ClassifierGuidance
from keras_t2i.tasks.labels_to_image.flow_solvers import Solver
from keras_t2i.tasks.labels_to_image.flow_stage import LabelFlowGiven, LabelFlowStage
from keras_t2i.tasks.labels_to_image.label_drawing import LabelDrawing
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.flow import LabelFlow


@component
class LabelsToImageByFlow(LabelDrawing):
    """Labels → pictures, by a flow.

    Args:
        networks: Sizes of the autoencoder's networks.
        autoencoder: The autoencoder's stage.
        flow: The flow's stage.
    """

    flow: LabelFlowStage = field(default_factory=LabelFlowStage)

    @property
    def drawing(self) -> LabelFlowStage:
        """The flow."""
        return self.flow

    def task(self, run: Run, data: Path | None = None) -> "LabelsToImageByFlowTask":
        """The task of a run of this experiment."""
        return LabelsToImageByFlowTask(self, run, data)


class LabelsToImageByFlowTask(LabelDrawingTask):
    """A run that draws from labels by a flow."""

    experiment: LabelsToImageByFlow

    def drawing_by(
        self, solver: Solver | None = None, guidance: ClassifierGuidance | None = None
    ) -> "LabelsToImageByFlowTask":
        """The same trained run, drawing otherwise; what it was trained with stays in its folder.

        Examples:
            >>> faces = keras_t2i.load("runs/faces-flow")
            >>> unguided = faces.drawing_by(guidance=ClassifierGuidance(0.0))

        Args:
            solver: Way to follow the velocity; by default the run's.
            guidance: Correction of the velocity; by default the run's.

        Raises:
            InputError: A number that means nothing, such as 0 steps.
        """
        flow = self.experiment.flow
        changed = replace(flow, solver=solver or flow.solver, guidance=guidance or flow.guidance)
        experiment = replace(self.experiment, flow=changed)
        check_numbers(experiment)
        return LabelsToImageByFlowTask(experiment, self.run, self._data)

    def drawing_model(self) -> "LabelFlow":
        """The untrained flow, with its trained guide."""
        sizes = self.info.image_size, self.schema.width
        return self.experiment.flow.model(*sizes, self.autoencoder)

    def build_drawing(self) -> Training:
        """The training of the flow."""
        return self.experiment.flow.build(
            LabelFlowGiven(
                guide=self.autoencoder,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.labelled(),
            )
        )
