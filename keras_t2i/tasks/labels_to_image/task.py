"""The kind of experiment that turns labels into pictures: an autoencoder, then a GAN."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderStage, FaceNetworks
from keras_t2i.tasks.labels_to_image.gan_stage import LabelGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.pipelines.records import Split
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.gan import LabelGAN
    from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

_GRID_ROWS, _GRID_COLUMNS = 8, 8
_DEVIATION_NOISES = 16
_SCORED = 1024  # pictures at most, for the scores that a stage ends with


@dataclass(frozen=True)
class LabelsToImage(Experiment):
    """Labels → pictures.

    Args:
        networks: Sizes of the networks of both stages.
        autoencoder: The autoencoder's stage; left out where the GAN does not need it.
        gan: The GAN's stage.
    """

    networks: FaceNetworks = field(default_factory=FaceNetworks)
    autoencoder: AutoencoderStage = field(default_factory=AutoencoderStage)
    gan: LabelGanStage = field(default_factory=LabelGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """Autoencoder if needed, then GAN."""
        return (self.autoencoder, self.gan) if self.gan.needs_autoencoder else (self.gan,)

    def embedded_source(self) -> "Source":
        """The faces that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.faces import Faces

        return Faces()

    def task(self, run: Run, data: Path) -> "LabelsToImageTask":
        """What the stages work with."""
        return LabelsToImageTask(self, run, data)


@dataclass(frozen=True)
class LabelsToImageTask(LabelledTask):
    """Task of labelled pictures."""

    experiment: LabelsToImage

    @cached_property
    def autoencoder(self) -> "LabelledAutoencoder":
        """The trained autoencoder, frozen."""
        stage = self.experiment.autoencoder
        model = stage.model(self.experiment.networks, self.info.image_size, self.schema.width)
        self.restore(model, stage.name)
        model.trainable = False
        return model

    @cached_property
    def gan(self) -> "LabelGAN":
        """The GAN as far as it is trained."""
        model = self.experiment.gan.model(
            self.experiment.networks, self.info.image_size, self.schema.width
        )
        return self.restore(model, self.experiment.gan.name)

    @cached_property
    def sampler(self) -> "LabelSampler":
        """Draws pictures as far as the run is trained."""
        return self._sampler(self.gan)

    def _sampler(self, gan: "LabelGAN") -> "LabelSampler":
        from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

        needed = self.experiment.gan.needs_autoencoder
        seen = self.info.splits["train"].combinations
        return LabelSampler(self.schema, gan, self.autoencoder if needed else None, seen)

    def sample(self, conditions: "Conditions", seeds: Sequence[int]) -> np.ndarray:
        """A picture for each one's labels, a seed each: uint8 (N, S, S, 3)."""
        return self.sampler.sample(conditions.labels, seeds)

    def see(self) -> tuple[Callable[[np.ndarray], tuple[Any, Any]], list[np.ndarray]]:
        """What reads pictures (N, S, S, 3) in [−1, 1]: latents, label logits; and its weights."""
        model = self.autoencoder

        def read(images: np.ndarray) -> tuple[Any, Any]:
            latents = model.encoder(images, training=False)
            return latents, model.head(latents)

        return read, [*model.encoder.get_weights(), *model.head.get_weights()]

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """What `generate` is asked for."""
        from keras_t2i.tasks.labels_to_image.sheets import render

        return render(self.sampler, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.labels_to_image.signatures import archive

        return archive(self.sampler)

    @property
    def example_text(self) -> str:
        """Labels that the training pictures have."""
        return self.schema.describe(self.shown_labels[0])

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        if not self.experiment.gan.conditioned:
            return "--count 8 --grid --out pictures.png"
        shown = self.schema.describe(self.shown_labels[0])
        return f'--labels "{shown}" --count 8 --grid --out pictures.png'

    def latents(self) -> tuple[np.ndarray, np.ndarray]:
        """The encoder's latents of the training pictures (N, L), and their labels (N, n)."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.pipelines.labels import label_vectors

        encoder = self.autoencoder.encoder
        pictures = self.pictures(self.split, len(self.split.images))
        return in_batches(lambda rows: encoder(scaled(rows)), pictures), label_vectors(self.split)

    @cached_property
    def shown_labels(self) -> np.ndarray:
        """The sample grids' combinations: the most frequent of the training pictures."""
        from keras_t2i.pipelines.attributes import count_combinations
        from keras_t2i.pipelines.labels import label_vectors

        names = list(count_combinations(self.schema, label_vectors(self.split)))[:_GRID_ROWS]
        return np.stack([self.schema.parse(name) for name in names])

    def draw_reconstructions(self, model: "LabelledAutoencoder", step: int) -> Path:
        """Unseen pictures, each above its reconstruction."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.images.grid import plain_grid, to_uint8

        pictures = self.pictures(self.unseen, 2 * _GRID_COLUMNS)
        columns = min(_GRID_COLUMNS, len(pictures))
        pictures = pictures[: len(pictures) // columns * columns]
        back = to_uint8(in_batches(lambda rows: model(scaled(rows))[0], pictures))
        pairs = np.stack([pictures, back]).reshape(2, -1, columns, *pictures.shape[1:])
        rows = pairs.swapaxes(0, 1).reshape(-1, *pairs.shape[2:])
        return self.show("autoencoder", "reconstructions", plain_grid(rows), step)

    def autoencoder_scores(self, model: "LabelledAutoencoder", split: "Split") -> dict[str, float]:
        """Mean squared error (range [−1, 1]) and share of labels read, over some of a split."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.metrics.condition_accuracy import condition_accuracy
        from keras_t2i.pipelines.labels import label_vectors

        pictures = self.pictures(split, _SCORED)
        back = in_batches(lambda rows: model(scaled(rows))[0], pictures)
        logits = in_batches(lambda rows: model.read(scaled(rows)), pictures)
        labels = label_vectors(split)[self.spread(split, _SCORED)]
        error = float(np.mean((back - (pictures / 127.5 - 1.0)) ** 2))
        return {
            "reconstruction": round(error, 5),
            "label_accuracy": round(condition_accuracy(self.schema, logits, labels), 4),
        }

    def draw_samples(self, gan: "LabelGAN", step: int) -> Path:
        """The sample grid: fixed labels, one fixed noise a column."""
        from keras_t2i.images.grid import captioned_grid

        names = [self.schema.describe(row) for row in self.shown_labels]
        pictures = self._table(gan, _GRID_COLUMNS)
        grid = captioned_grid(names, pictures)
        return self.show("gan", "samples", grid, step, names)

    def finish_samples(self, gan: "LabelGAN") -> dict[str, Any]:
        """The last sample grid, and how much noise and labels matter."""
        from keras_t2i.metrics.deviation import pixel_deviation

        path = self.draw_samples(gan, int(gan.step.numpy()))
        table = self._table(gan, _DEVIATION_NOISES)
        return {
            "samples": str(path.relative_to(self.run.path)),
            "deviation": pixel_deviation(table),
        }

    def _table(self, gan: "LabelGAN", columns: int) -> np.ndarray:
        """Each shown combination with each of some seeds: uint8 (rows, columns, S, S, 3)."""
        rows = len(self.shown_labels)
        pictures = self._sampler(gan).sample(
            self.shown_labels.repeat(columns, axis=0), list(range(columns)) * rows
        )
        return pictures.reshape(rows, columns, *pictures.shape[1:])
