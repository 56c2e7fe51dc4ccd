"""Points of a mixture from noise."""

import re
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from keras_t2i.components.registry import component, register
from keras_t2i.pipelines.points import Grid, Ring
from keras_t2i.pipelines.whole_file import whole_file
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.options import GenerateOptions, numbered
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.points.gan_stage import PointsGanStage, PointsGiven
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.adversarial.unconditional import UnconditionalGAN

_SHOWN, _COUNTED = 1000, 10_000  # points of a picture, and of the modes' count
_SAMPLES = re.compile(r"samples-\d+\.png")  # others are the user's
_FRAME = 250  # milliseconds

register(Ring)
register(Grid)


@component
class Points(TaskExperiment):
    """Noise → points.

    Args:
        mixture: Mixture that real points come from; no data are needed.
        gan: The GAN's stage.
    """

    mixture: Ring | Grid = field(default_factory=Ring)
    gan: PointsGanStage = field(default_factory=PointsGanStage)

    needs_data: ClassVar[bool] = False

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The GAN."""
        return (self.gan,)

    def task(self, run: Run, data: Path | None = None) -> "PointsTask":
        """The task of a run of this experiment."""
        return PointsTask(self, run, data)


class PointsTask(Task):
    """A run that draws points from noise."""

    options = frozenset({"count", "truncation"})
    kind = "a run that draws points from noise"
    experiment: Points

    @cached_property
    def gan(self) -> "UnconditionalGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    def model_of(self, stage: Stage) -> "UnconditionalGAN":
        """The untrained GAN."""
        return self.experiment.gan.model()

    def points(
        self, gan: "UnconditionalGAN", count: int, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Points of the averaged generator, float32 (count, 2).

        Args:
            gan: The GAN.
            count: Number of points.
            seed: Seed of their noise.
            truncation: Factor of the noise in [0, 1].
        """
        import tensorflow as tf

        noise = gan.latent.sample((count, gan.noise_dim), tf.constant([seed, 7], tf.int64))
        return gan.sample(gan.latent.truncated(noise, truncation)).numpy()

    def real(self, count: int) -> np.ndarray:
        """Points of the mixture, float32 (count, 2)."""
        mixture, rng = self.experiment.mixture, np.random.default_rng(0)
        chosen = mixture.centres[rng.integers(0, len(mixture.centres), count)]
        return chosen + mixture.deviation * rng.normal(size=(count, 2))

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the GAN."""
        return self.experiment.gan.build(
            PointsGiven(
                mixture=self.experiment.mixture,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.common(),
            )
        )

    def draw_samples(self, gan: "UnconditionalGAN", step: int) -> Path:
        """The points at a step, over the mixture's."""
        picture = self._picture(self.points(gan, _SHOWN), f"step {step:,}")
        return self.log_image("gan", "samples", picture, step)

    def finish_samples(self, gan: "UnconditionalGAN") -> dict[str, Any]:
        """The last points, all pictures as an animation, and how many modes are covered."""
        from PIL import Image

        from keras_t2i.tasks.points.modes import modes_covered

        path = self.draw_samples(gan, int(gan.step.numpy()))
        files = sorted(f for f in self.run.samples.iterdir() if _SAMPLES.fullmatch(f.name))
        frames = [Image.open(file) for file in files]
        with whole_file(self.run.samples / "samples.gif") as partial:
            frames[0].save(
                partial, save_all=True, append_images=frames[1:], duration=_FRAME, loop=0
            )
        covered = modes_covered(self.points(gan, _COUNTED), self.experiment.mixture)
        return {"samples": self.within(path), **covered}

    def _picture(self, points: np.ndarray, title: str = "") -> "Image.Image":
        from keras_t2i.tasks.points.scatter import scatter

        return scatter(points, self.real(_SHOWN), title)

    # What a user asks.

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """A point for each seed: float32 (N, 2)."""
        import tensorflow as tf

        from keras_t2i.adversarial.latents import row_noise

        noise = row_noise(self.gan.latent, tf.constant(seeds, tf.int64), self.gan.noise_dim)
        return self.gan.sample(self.gan.latent.truncated(noise, truncation)).numpy()

    # What commands ask.

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        return "--out points.png"

    def names(self, options: GenerateOptions) -> list[str]:
        """One picture shows all points."""
        return numbered(1)

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Points, a thousand for each of `count`."""
        count = _SHOWN * options.count
        points = self.points(self.gan, count, options.seed, options.truncation)
        return [self._picture(points)]

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.exporting.noise_signatures import noise_signatures
        from keras_t2i.exporting.signatures import archive

        gan = self.gan
        return archive(
            noise_signatures(gan.latent, gan.noise_dim, gan.sample, lambda drawn: {"point": drawn}),
            [],
        )

    def example_inputs(self) -> dict[str, Any]:
        """No examples: seeds are numbers."""
        return {}
