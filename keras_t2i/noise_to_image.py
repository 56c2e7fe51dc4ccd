"""The kind of experiment that draws pictures from noise alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.experiment import Experiment
from keras_t2i.run import Run
from keras_t2i.stages.picture_gan import PictureGanStage
from keras_t2i.workshop import Workshop

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.illustrations.request import Request
    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.models.noise_gan import NoiseGAN
    from keras_t2i.noise_painter import NoisePainter
    from pipelines.sources import Source

_ROWS, _COLUMNS = 6, 10


@dataclass(frozen=True)
class NoiseToImage(Experiment):
    """Noise → pictures.

    Args:
        gan: The GAN's stage.
    """

    gan: PictureGanStage = field(default_factory=PictureGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN."""
        return (self.gan,)

    def embedded_source(self) -> "Source":
        """The birds that are drawn where no data are given."""
        from pipelines.sources.birds import Birds

        return Birds()

    def workshop(self, run: Run, data: Path) -> "NoiseWorkshop":
        """What the stage works with."""
        return NoiseWorkshop(self, run, data)


@dataclass(frozen=True)
class NoiseWorkshop(Workshop):
    """Workshop of pictures alone."""

    experiment: NoiseToImage

    @cached_property
    def gan(self) -> "NoiseGAN":
        """The GAN as far as it is trained."""
        stage = self.experiment.gan
        return self.restore(stage.model(stage.image_size(self.info.image_size)), stage.name)

    @cached_property
    def painter(self) -> "NoisePainter":
        """Draws pictures as far as the run is trained."""
        from keras_t2i.noise_painter import NoisePainter

        return NoisePainter(self.gan)

    def paint(self, conditions: "Conditions", seeds: Sequence[int]) -> np.ndarray:
        """A picture for each seed; what is asked for is not looked at."""
        return self.painter.paint(seeds)

    def draw_samples(self, gan: "NoiseGAN", step: int) -> Path:
        """The sample grid: fixed noises."""
        from keras_t2i.noise_painter import NoisePainter
        from keras_t2i.pictures.grid import enlarged, plain_grid

        drawn = NoisePainter(gan).paint(range(_ROWS * _COLUMNS))
        pictures = enlarged(drawn, self.info.image_size)
        grid = plain_grid(pictures.reshape(_ROWS, _COLUMNS, *pictures.shape[1:]))
        return self.show(self.experiment.gan.name, "samples", grid, step)

    def finish_samples(self, gan: "NoiseGAN") -> dict[str, Any]:
        """The last sample grid."""
        path = self.draw_samples(gan, int(gan.step.numpy()))
        return {"samples": str(path.relative_to(self.run.path))}

    def illustrate(self, request: "Request") -> "list[Image.Image]":
        """What `generate` is asked for."""
        from keras_t2i.illustrations.noise import illustrate

        return illustrate(self.painter, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.noise_signatures import archive
        from keras_t2i.signatures import to_png

        return archive(self.gan, to_png)

    example, example_text = "--count 16 --grid --out pictures.png", ""
