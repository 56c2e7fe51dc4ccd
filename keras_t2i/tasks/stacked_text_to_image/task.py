"""Captions to pictures in two sizes (StackGAN)."""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.tasks.stacked_text_to_image.gan_stage import StageII, StageIIGiven
from keras_t2i.tasks.text_to_image.task import TextToImage, TextToImageTask
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    from PIL import Image

    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN

_ROWS, _COLUMNS = 4, 4


@component
class StackedTextToImage(TextToImage):
    """Captions → embeddings → pictures → larger pictures.

    Args:
        encoder: The sentence encoder's stage.
        gan: The second stage, which holds the first.
    """

    gan: StageII = field(default_factory=StageII)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Encoder, first stage, second stage."""
        return (self.encoder, self.gan.first, self.gan)

    def task(self, run: Run, data: Path | None = None) -> "StackedTextToImageTask":
        """The task of a run of this experiment."""
        return StackedTextToImageTask(self, run, data)


class StackedTextToImageTask(TextToImageTask):
    """A run that draws from captions in two sizes."""

    kind = "a run that draws from captions in two stages"
    experiment: StackedTextToImage

    def model_of(self, stage: Stage) -> Any:
        """The untrained encoder, or either stage's GAN."""
        first = self.experiment.gan.first
        if stage == first:
            maps = self.remembered_maps(first)
            return first.model(self.experiment.encoder.embedding_dim, networks=maps)
        return super().model_of(stage)

    def build(self, stage: Stage) -> Training:
        """The training of the encoder, or of either stage of the GAN."""
        second = self.experiment.gan
        if stage == second.first:
            return second.first.build(self.gan_given())
        if stage == second:
            return second.build(self.second_given())
        return super().build(stage)

    def second_given(self) -> StageIIGiven:
        """Inputs from which the second stage is built."""
        return StageIIGiven(
            split=self.split,
            embeddings=self.embeddings(),
            reader=self.reader,
            first=self.trained(self.experiment.gan.first),
            draw=self.draw_samples,
            finish=self.finish_samples,
            **self.common(),
        )

    def draw_samples(
        self, gan: "ConditionalGAN", step: int, stage: str = "", name: str = ""
    ) -> Path:
        """The sample grid of either stage, under its own name."""
        if self._is_second(gan):
            return super().draw_samples(gan, step, self.experiment.gan.name, "samples")
        first = self.experiment.gan.first.name
        return super().draw_samples(gan, step, first, f"samples-{first}")

    def _is_second(self, gan: "ConditionalGAN") -> bool:
        return gan.network.image_size == self.info.image_size

    def finish_samples(self, gan: "ConditionalGAN") -> dict[str, Any]:
        """The samples of one stage; after the second also a picture of both."""
        shown = super().finish_samples(gan)
        if self._is_second(gan):
            shown["both stages"] = self.within(self.draw_both(gan, int(gan.step.numpy())))
        return shown

    def draw_both(self, gan: "ConditionalGAN", step: int) -> Path:
        """Keep a picture of some captions in both stages."""
        captions = self.shown_captions[:_ROWS]
        grid = self.both_grid(gan, captions, _COLUMNS)
        return self.log_image(self.experiment.gan.name, "both", grid, step, captions)

    def both_grid(
        self, gan: "ConditionalGAN", captions: Sequence[str], columns: int
    ) -> "Image.Image":
        """Each caption twice: the first stage's pictures enlarged (bicubic), and the second's."""
        from keras_t2i.images.grid import captioned_grid

        seeds = list(range(columns)) * len(captions)
        both = self.both_sizes(gan, [c for c in captions for _ in range(columns)], seeds)
        rows = np.stack([each.reshape(-1, columns, *each.shape[1:]) for each in both], 1)
        names = [text for caption in captions for text in (f"{caption} (stage I)", "stage II")]
        return captioned_grid(names, rows.reshape(-1, *rows.shape[2:]))

    def both_sizes(
        self, gan: "ConditionalGAN", captions: list[str], seeds: list[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The first stage's pictures enlarged (bicubic), and the second's: uint8 (N, S, S, 3)."""
        import tensorflow as tf

        from keras_t2i.adversarial.latents import row_noise
        from keras_t2i.images.batches import to_uint8

        embedding = tf.constant(self.encode(captions))
        noise = row_noise(gan.latent, tf.constant(seeds, tf.int64), gan.average.noise_dim)
        small = gan.average.small(noise, gan.scaled(embedding))
        side = self.info.image_size
        larger = tf.clip_by_value(tf.image.resize(small, (side, side), "bicubic"), -1.0, 1.0)
        return to_uint8(larger), to_uint8(gan.sample(noise, embedding))
