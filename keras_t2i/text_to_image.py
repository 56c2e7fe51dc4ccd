"""The kind of experiment that turns captions into pictures: an encoder, then a GAN."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.experiment import Experiment
from keras_t2i.run import Run
from keras_t2i.stages.caption_gan import CaptionGanStage
from keras_t2i.stages.text_encoder import EncoderStage
from pipelines.errors import InputError

if TYPE_CHECKING:
    from keras_t2i.models.conditional_gan import ConditionalGAN
    from keras_t2i.painter import Painter
    from keras_t2i.text.encoder import TextEncoder
    from keras_t2i.text.tokenizer import Tokenizer
    from pipelines.records import DatasetInfo, Split

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

    def workshop(self, run: Run, data: Path) -> "Workshop":
        """What the stages work with."""
        return Workshop(self, run, data)


@dataclass(frozen=True)
class Workshop:
    """Data and trained parts of a run, each read when first needed.

    Args:
        experiment: The experiment.
        run: Its folder.
        data: The prepared data.
    """

    experiment: TextToImage
    run: Run
    data: Path

    @cached_property
    def info(self) -> "DatasetInfo":
        """What is known of the data."""
        return self.run.info

    @cached_property
    def split(self) -> "Split":
        """The training split."""
        from pipelines.records import read_split

        return read_split(self.data, "train")

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The run's tokenizer, learned from the training captions at first."""
        spec = self.experiment.encoder.tokenizer
        if not (self.run.path / "vocabulary.txt").exists():
            spec.learn(self.split.captions).save(self.run.path)
        return spec.load(self.run.path)

    @property
    def classes(self) -> int:
        """Width of the encoder's species head: a class a picture where there are none."""
        return len(self.info.classes) or self.info.splits["train"].pictures

    @cached_property
    def encoder(self) -> "TextEncoder":
        """The trained encoder, frozen."""
        model = self.experiment.encoder.model(len(self.tokenizer.vocabulary), self.classes)
        restore_weights(model, self.run, self.experiment.encoder.name)
        model.trainable = False
        return model

    @cached_property
    def gan(self) -> "ConditionalGAN":
        """The GAN as far as it is trained."""
        model = self.experiment.gan.model(self.experiment.encoder.embedding_dim)
        restore_weights(model, self.run, self.experiment.gan.name)
        return model

    @property
    def painter(self) -> "Painter":
        """Draws pictures as far as the run is trained."""
        return self._painter(self.gan)

    def _painter(self, gan: "ConditionalGAN") -> "Painter":
        from keras_t2i.painter import Painter

        return Painter(self.tokenizer, self.encoder, gan)

    def embeddings(self) -> np.ndarray:
        """The training captions' embeddings, float32 (captions, E): computed once a run."""
        file = self.run.stage(self.experiment.encoder.name) / "embeddings.npy"
        if not file.exists():
            tokens = self.tokenizer(self.split.captions)
            parts = [
                np.asarray(self.encoder.encode(tokens[start : start + 256])["embedding"])
                for start in range(0, len(tokens), 256)
            ]
            partial = file.with_suffix(".partial.npy")
            np.save(partial, np.concatenate(parts))
            partial.replace(file)
        return np.load(file)

    @cached_property
    def shown_captions(self) -> list[str]:
        """The captions of the sample grids: unseen ones of known classes where there are any."""
        from pipelines.records import read_split

        known = set(self.split.labels.tolist())
        for name in ("test", "val"):
            if name in self.info.splits:
                split = read_split(self.data, name)
                if len(split.labels) and set(split.labels.tolist()) <= known - {-1}:
                    return spread_captions(split, _DEVIATION_CAPTIONS)
        return spread_captions(self.split, _DEVIATION_CAPTIONS)

    def draw_attention(self, model: "TextEncoder", step: int) -> Path:
        """An attention map of some captions, as PNG and for TensorBoard."""
        from keras_t2i.pictures.attention import encoded_attention
        from keras_t2i.pictures.grid import save_png

        tokens = self.tokenizer(self.shown_captions[:4])
        picture = encoded_attention(self.tokenizer.vocabulary, tokens, model.encode(tokens))
        path = self.run.samples / f"attention-{step:07d}.png"
        save_png(picture, path)
        self._log_image("encoder", "attention", picture, step)
        return path

    def project(self, model: "TextEncoder") -> None:
        """The embeddings of some training captions, for TensorBoard's projector."""
        from keras_t2i.callbacks.projector import write_projector

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

    def draw_samples(self, gan: "ConditionalGAN", step: int) -> Path:
        """The sample grid: fixed captions, one fixed noise a column."""
        from keras_t2i.pictures.grid import captioned_grid, save_png

        captions = self.shown_captions[:_GRID_ROWS]
        pictures = paint_table(self._painter(gan), captions, range(_GRID_COLUMNS))
        grid = captioned_grid(captions, pictures)
        path = self.run.samples / f"samples-{step:07d}.png"
        save_png(grid, path)
        self._log_image("gan", "samples", grid, step)
        return path

    def finish_samples(self, gan: "ConditionalGAN") -> dict[str, Any]:
        """The last sample grid, and how much noise and captions matter."""
        from keras_t2i.metrics.deviation import pixel_deviation

        path = self.draw_samples(gan, int(gan.step.numpy()))
        table = paint_table(
            self._painter(gan), self.shown_captions[:_DEVIATION_CAPTIONS], range(_DEVIATION_NOISES)
        )
        return {
            "samples": str(path.relative_to(self.run.path)),
            "deviation": pixel_deviation(table),
        }

    def _log_image(self, stage: str, name: str, picture: Any, step: int) -> None:
        import tensorflow as tf

        writer = tf.summary.create_file_writer(str(self.run.logs(stage)), filename_suffix=".images")
        with writer.as_default(step):
            tf.summary.image(name, np.asarray(picture)[None])
            tf.summary.text("captions", self.shown_captions[:_GRID_ROWS])
        writer.close()


def paint_table(painter: "Painter", captions: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
    """Each caption with each seed: uint8 (captions, seeds, S, S, 3)."""
    embedding = painter.encode(captions)["embedding"]
    rows = painter.paint(
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


def restore_weights(model: Any, run: Run, stage: str) -> None:
    """Restore a stage's latest checkpoint.

    Raises:
        InputError: The run has none yet.
    """
    from keras_t2i.callbacks.checkpoints import manager, restore_into

    saved = manager(model, run.stage(stage) / "checkpoints")
    if not saved.latest_checkpoint:
        raise InputError(f"{run.path}: stage `{stage}` has no checkpoint yet; go on with `fit`.")
    restore_into(saved.checkpoint, saved.latest_checkpoint)
