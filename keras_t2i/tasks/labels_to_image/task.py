"""Labels to pictures: an autoencoder, then a GAN (PSC-GAN)."""

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.tasks.labels_to_image.drawing_task import LabelDrawing, LabelDrawingTask
from keras_t2i.tasks.labels_to_image.gan_stage import LabelGanGiven, LabelGanStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.gan import LabelGAN


@component
class LabelsToImage(LabelDrawing):
    """Labels → pictures.

    Args:
        networks: Sizes of the networks of both stages.
        autoencoder: The autoencoder's stage; left out where the GAN does not need it.
        gan: The GAN's stage.
    """

    gan: LabelGanStage = field(default_factory=LabelGanStage)

    @property
    def drawing(self) -> LabelGanStage:
        """The GAN."""
        return self.gan

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Autoencoder if needed, then GAN."""
        return (self.autoencoder, self.gan) if self.gan.needs_autoencoder else (self.gan,)

    def task(self, run: Run, data: Path | None = None) -> "LabelsToImageTask":
        """The task of a run of this experiment."""
        return LabelsToImageTask(self, run, data)


class LabelsToImageTask(LabelDrawingTask):
    """A run that draws from labels by a GAN; or, of some presets, from noise alone."""

    experiment: LabelsToImage

    @property
    def conditioned(self) -> bool:
        """Whether the generator takes labels."""
        return self.experiment.gan.conditioned

    @property
    def gan(self) -> "LabelGAN":
        """The GAN as far as it is trained."""
        return self.generator

    def drawing_model(self) -> "LabelGAN":
        """The untrained GAN."""
        sizes = self.experiment.networks, self.info.image_size, self.schema.width
        return self.experiment.gan.model(*sizes)

    def build_drawing(self) -> Training:
        """The training of the GAN."""
        return self.experiment.gan.build(
            LabelGanGiven(
                networks=self.experiment.networks,
                autoencoder=self.autoencoder if self.has_autoencoder else None,
                latents=self.latents,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.labelled(),
            )
        )

    def latents(self) -> tuple[np.ndarray, np.ndarray]:
        """The encoder's latents of the training pictures (N, L), and their labels (N, n)."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.pipelines.labels import label_vectors

        encoder = self.autoencoder.encoder
        pictures = self.spread_pictures(self.split, len(self.split.images))
        return in_batches(lambda rows: encoder(scaled(rows)), pictures), label_vectors(self.split)
