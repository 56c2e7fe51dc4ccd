"""The kind of experiment that draws points of a mixture from noise."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_t2i.pipelines.points import Grid, Ring
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.points.gan_stage import PointsGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.tasks.base.options import GenerateOptions

_SHOWN, _COUNTED = 1000, 10_000  # points of a picture, and of the modes' count
_FRAME = 250  # milliseconds


@dataclass(frozen=True)
class Points(Experiment):
    """Noise → points.

    Args:
        mixture: Where real points come from; no data are needed.
        gan: The GAN's stage.
    """

    mixture: Ring | Grid = field(default_factory=Ring)
    gan: PointsGanStage = field(default_factory=PointsGanStage)

    needs_data: ClassVar[bool] = False

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN."""
        return (self.gan,)

    def task(self, run: Run, data: Path | None) -> "PointsTask":
        """What the stage works with."""
        return PointsTask(self, run, data)


@dataclass(frozen=True)
class PointsTask(Task):
    """Task of points."""

    experiment: Points

    @cached_property
    def gan(self) -> "UnconditionalGAN":
        """The GAN as far as it is trained."""
        return self.restore(self.experiment.gan.model(), self.experiment.gan.name)

    def points(self, gan: "UnconditionalGAN", count: int, seed: int = 0) -> np.ndarray:
        """Points of the averaged generator, float32 (count, 2)."""
        import tensorflow as tf

        noise = gan.latent.sample((count, gan.noise_dim), tf.constant([seed, 7], tf.int64))
        return gan.sample(noise).numpy()

    def real(self, count: int) -> np.ndarray:
        """Points of the mixture, float32 (count, 2)."""
        mixture, rng = self.experiment.mixture, np.random.default_rng(0)
        chosen = mixture.centres[rng.integers(0, len(mixture.centres), count)]
        return chosen + mixture.deviation * rng.normal(size=(count, 2))

    def draw_samples(self, gan: "UnconditionalGAN", step: int) -> Path:
        """The points at a step, over the mixture's."""
        return self.show("gan", "samples", self._picture(gan, f"step {step:,}"), step)

    def finish_samples(self, gan: "UnconditionalGAN") -> dict[str, Any]:
        """The last points, all pictures as an animation, and how many modes are covered."""
        from PIL import Image

        from keras_t2i.tasks.points.modes import modes_covered

        path = self.draw_samples(gan, int(gan.step.numpy()))
        frames = [Image.open(file) for file in sorted(self.run.samples.glob("samples-*.png"))]
        frames[0].save(
            self.run.samples / "samples.gif",
            save_all=True, append_images=frames[1:], duration=_FRAME, loop=0,
        )  # fmt: skip
        covered = modes_covered(self.points(gan, _COUNTED), self.experiment.mixture)
        return {"samples": str(path.relative_to(self.run.path)), **covered}

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """Points, a thousand for each of `count`."""
        names = ("captions", "labels", "file", "interpolate", "arithmetic", "attention",
                 "combinations", "reconstruct", "translate")  # fmt: skip
        request.refuse(names, "it draws points from noise.")
        return [self._picture(self.gan, "", _SHOWN * request.count, request.seed)]

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.exporting.noise_signatures import archive

        return archive(self.gan, lambda points: {"point": points})

    def _picture(
        self, gan: "UnconditionalGAN", title: str, count: int = _SHOWN, seed: int = 0
    ) -> "Image.Image":
        from keras_t2i.tasks.points.scatter import scatter

        return scatter(self.points(gan, count, seed), self.real(_SHOWN), title)

    example, example_text = "", ""
