"""The kind of experiment that turns captions into pictures: an encoder, then a GAN."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.pipelines.records import Split
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
    from keras_t2i.tasks.text_to_image.sampler import Sampler
    from keras_t2i.text.encoder import TextEncoder
    from keras_t2i.text.tokenizer import Tokenizer

_GRID_ROWS, _GRID_COLUMNS = 8, 8
_PROJECTED = 1000
_DEVIATION_CAPTIONS, _DEVIATION_NOISES = 32, 16


@dataclass(frozen=True)
class TextToImage(Experiment):
    """Captions → embeddings → pictures.

    Args:
        encoder: The sentence encoder's stage.
        gan: The GAN's stage.
    """

    encoder: EncoderStage = field(default_factory=EncoderStage)
    gan: CaptionGanStage = field(default_factory=CaptionGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """Encoder, then GAN."""
        return (self.encoder, self.gan)

    def embedded_source(self) -> "Source":
        """The birds that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.birds import Birds

        return Birds()

    def task(self, run: Run, data: Path) -> "TextToImageTask":
        """What the stages work with."""
        return TextToImageTask(self, run, data)


@dataclass(frozen=True)
class TextToImageTask(Task):
    """Task of captioned pictures."""

    experiment: TextToImage

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The run's tokenizer, learned from the training captions at first."""
        spec = self.experiment.encoder.tokenizer
        if not (self.run.path / "vocabulary.txt").exists():
            if not self.split.captions:
                raise InputError(
                    f"The data of source {self.info.source!r} have no captions; prepare captioned "
                    "pictures (birds, cub, folder)."
                )
            spec.learn(self.split.captions).save(self.run.path)
        return spec.load(self.run.path)

    @property
    def classes(self) -> int:
        """Width of the encoder's species head: a class a picture where there are none."""
        return len(self.info.classes) or self.info.splits["train"].pictures

    @cached_property
    def encoder(self) -> "TextEncoder":
        """The trained encoder, frozen."""
        stage = self.experiment.encoder
        model = stage.model(len(self.tokenizer.vocabulary), self.classes)
        model.trainable = False
        return stage.encoder_of(self.restore(model, stage.name))

    @cached_property
    def gan(self) -> "ConditionalGAN":
        """The GAN as far as it is trained."""
        model = self.experiment.gan.model(self.experiment.encoder.embedding_dim)
        return self.restore(model, self.experiment.gan.name)

    @property
    def sampler(self) -> "Sampler":
        """Draws pictures as far as the run is trained."""
        return self._sampler(self.gan)

    def _sampler(self, gan: "ConditionalGAN") -> "Sampler":
        from keras_t2i.tasks.text_to_image.sampler import Sampler

        return Sampler(self.tokenizer, self.encoder, gan)

    def sample(self, conditions: "Conditions", seeds: Sequence[int]) -> np.ndarray:
        """A picture for each one's caption, a seed each: uint8 (N, S, S, 3)."""
        sampler = self.sampler
        return sampler.sample(sampler.encode(conditions.captions)["embedding"], seeds)

    def encode(self, captions: Sequence[str]) -> np.ndarray:
        """Captions → embeddings float32 (N, E)."""
        tokens = self.tokenizer(captions)
        parts = [
            np.asarray(self.encoder.encode(tokens[start : start + 256])["embedding"])
            for start in range(0, len(tokens), 256)
        ]
        return np.concatenate(parts)

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """What `generate` is asked for."""
        from keras_t2i.tasks.text_to_image.sheets import render, render_attention
        from keras_t2i.text.caption_encoder import CaptionEncoder

        if request.attention:
            return [render_attention(CaptionEncoder(self.tokenizer, self.encoder), request)]
        return render(self.sampler, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.text_to_image.signatures import archive

        return archive(self.sampler)

    @property
    def example_text(self) -> str:
        """A caption that the encoder knows."""
        return self.shown_captions[0]

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        return f'"{self.shown_captions[0]}" --count 8 --grid --out pictures.png'

    def embeddings(self) -> np.ndarray:
        """The training captions' embeddings, float32 (captions, E): computed once a run."""
        file = self.run.stage(self.experiment.encoder.name) / "embeddings.npy"
        if not file.exists():
            partial = file.with_suffix(".partial.npy")
            np.save(partial, self.encode(self.split.captions))
            partial.replace(file)
        return np.load(file)

    @cached_property
    def shown_captions(self) -> list[str]:
        """The captions of the sample grids: unseen ones of known classes where there are any."""
        from keras_t2i.pipelines.records import read_split

        known = set(self.split.labels.tolist())
        for name in ("test", "val"):
            if name in self.info.splits:
                split = read_split(self.data, name)
                if len(split.labels) and set(split.labels.tolist()) <= known - {-1}:
                    return spread_captions(split, _DEVIATION_CAPTIONS)
        return spread_captions(self.split, _DEVIATION_CAPTIONS)

    def draw_attention(self, model: "TextEncoder", step: int) -> Path:
        """An attention map of some captions, as PNG and for TensorBoard."""
        from keras_t2i.tasks.text_to_image.attention_map import encoded_attention

        tokens = self.tokenizer(self.shown_captions[:4])
        picture = encoded_attention(self.tokenizer.vocabulary, tokens, model.encode(tokens))
        return self.show("encoder", "attention", picture, step)

    def project(self, model: "TextEncoder") -> None:
        """The embeddings of some training captions, for TensorBoard's projector."""
        from keras_t2i.tasks.text_to_image.projector import write_projector

        split = self.split
        count = min(_PROJECTED, len(split.labels))
        rows = np.linspace(0, len(split.labels) - 1, count).astype(int)
        captions = [split.captions[split.caption_starts[row]] for row in rows]
        embeddings = model.encode(self.tokenizer(captions))["embedding"]
        names = (*self.info.classes, "no class")  # label -1 is the last
        write_projector(
            self.run.logs("encoder"),
            np.asarray(embeddings),
            captions,
            [names[split.labels[row]] for row in rows],
        )

    def draw_samples(
        self, gan: "ConditionalGAN", step: int, stage: str = "gan", name: str = "samples"
    ) -> Path:
        """The sample grid: fixed captions, one fixed noise a column."""
        from keras_t2i.images.grid import captioned_grid

        captions = self.shown_captions[:_GRID_ROWS]
        pictures = sample_table(self._sampler(gan), captions, range(_GRID_COLUMNS))
        grid = captioned_grid(captions, pictures)
        return self.show(stage, name, grid, step, captions)

    def finish_samples(self, gan: "ConditionalGAN") -> dict[str, Any]:
        """The last sample grid, and how much noise and captions matter."""
        from keras_t2i.metrics.deviation import pixel_deviation

        path = self.draw_samples(gan, int(gan.step.numpy()))
        table = sample_table(
            self._sampler(gan), self.shown_captions[:_DEVIATION_CAPTIONS], range(_DEVIATION_NOISES)
        )
        return {
            "samples": str(path.relative_to(self.run.path)),
            "deviation": pixel_deviation(table),
        }


def sample_table(sampler: "Sampler", captions: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
    """Each caption with each seed: uint8 (captions, seeds, S, S, 3)."""
    embedding = sampler.encode(captions)["embedding"]
    rows = sampler.sample(
        embedding.repeat(len(seeds), axis=0), [seed for _ in captions for seed in seeds]
    )
    return rows.reshape(len(captions), len(seeds), *rows.shape[1:])


def spread_captions(split: "Split", count: int) -> list[str]:
    """Captions of `count` pictures, class after class in turn."""
    order = np.argsort(split.labels, kind="stable")
    ranks = np.zeros(len(order), int)
    for label in np.unique(split.labels):
        rows = np.flatnonzero(split.labels == label)
        ranks[rows] = np.arange(len(rows))
    order = sorted(range(len(order)), key=lambda row: (ranks[row], split.labels[row]))
    return [split.captions[split.caption_starts[row]] for row in order[:count]]
