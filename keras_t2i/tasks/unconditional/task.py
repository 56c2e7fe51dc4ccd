"""Pictures from noise alone."""

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.exporting.loaded import checked_truncation
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.formula import parse_formula, signed_sum
from keras_t2i.tasks.base.layout import line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.pictures import PictureTask
from keras_t2i.tasks.unconditional.gan_stage import (
    PictureGanStage,
    PictureGiven,
    UnconditionalGanStage,
)
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.adversarial.unconditional import DrawsFromNoise
    from keras_t2i.tasks.unconditional.sampler import NoiseSampler

_ROWS, _COLUMNS = 6, 10


@component
class Unconditional(TaskExperiment):
    """Noise → pictures.

    Args:
        gan: The GAN's stage.
    """

    gan: PictureGanStage = field(default_factory=UnconditionalGanStage)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The GAN."""
        return (self.gan,)

    def task(self, run: Run, data: Path | None = None) -> "UnconditionalTask":
        """The task of a run of this experiment."""
        return UnconditionalTask(self, run, data)


class UnconditionalTask(PictureTask):
    """A run that draws from noise alone."""

    options = frozenset({"interpolate", "arithmetic", "count", "truncation", "grid"})
    kind = "a run that draws from noise alone"
    scored = True
    experiment: Unconditional

    @cached_property
    def gan(self) -> "DrawsFromNoise":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    def model_of(self, stage: Stage) -> Any:
        """The untrained GAN."""
        gan = self.experiment.gan
        return gan.model(gan.image_size(self.info.image_size))

    @cached_property
    def sampler(self) -> "NoiseSampler":
        """Draws pictures as far as the run is trained."""
        return self.sampler_of(self.gan)

    def sampler_of(self, gan: "DrawsFromNoise") -> "NoiseSampler":
        """Draws pictures by a GAN, such as one that is being trained."""
        from keras_t2i.tasks.unconditional.sampler import NoiseSampler

        return NoiseSampler(gan)

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the GAN."""
        return self.experiment.gan.build(
            PictureGiven(
                split=self.split,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.common(),
            )
        )

    def draw_samples(self, gan: Any, step: int) -> Path:
        """The sample grid: fixed noises."""
        from keras_t2i.images.grid import enlarged, plain_grid

        drawn = self.sampler_of(gan).sample(range(_ROWS * _COLUMNS))
        pictures = enlarged(drawn, self.info.image_size)
        grid = plain_grid(pictures.reshape(_ROWS, _COLUMNS, *pictures.shape[1:]))
        return self.log_image(self.experiment.gan.name, "samples", grid, step)

    def finish_samples(self, gan: Any) -> dict[str, Any]:
        """The last sample grid."""
        return {"samples": self.within(self.draw_samples(gan, gan.last_step()))}

    # What a user asks.

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        return "--count 16 --grid --out pictures.png"

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """A picture for each seed: uint8 (N, S, S, 3)."""
        return self.sampler.sample(seeds, truncation)

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures on the line between two seeds' noises: uint8 (steps, S, S, 3).

        Several seeds, as "3, 17", stand for the mean of their noises; `seed` is not needed.
        """
        from keras_t2i.tasks.unconditional.sheets import concept

        factor = checked_truncation(truncation)
        first, last = (concept(self.sampler, text, factor) for text in (start, end))
        return self.sampler.decode(line(first, last, steps)[1])

    def arithmetic(self, *formula: str, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """The picture of a sum of seeds' noises: uint8 (1, S, S, 3)."""
        from keras_t2i.tasks.unconditional.sheets import concept

        terms, factor = parse_formula(formula), checked_truncation(truncation)
        concepts = np.stack([concept(self.sampler, text, factor) for _, text in terms])
        return self.sampler.decode(signed_sum(terms, concepts)[None])

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Draw for the options of `generate`."""
        from keras_t2i.tasks.unconditional.sheets import render

        return render(self.sampler, options)

    def subject(self, model: Any = None) -> "NoiseSampler":
        """The generator that scores judge, trained or in training."""
        return self.sampler if model is None else self.sampler_of(model)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.exporting.noise_signatures import noise_signatures
        from keras_t2i.exporting.signatures import archive, to_png

        gan = self.gan
        return archive(noise_signatures(gan.latent, gan.noise_dim, gan.sample, to_png), [])

    def example_inputs(self) -> dict[str, Any]:
        """No examples: seeds are numbers."""
        return {}
