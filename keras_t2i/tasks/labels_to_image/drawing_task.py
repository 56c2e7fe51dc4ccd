"""A run that draws from labels: its first stage, and all that a user and commands ask of it."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.exporting.loaded import Texts, checked_truncation, some_texts
from keras_t2i.tasks.base.formula import parse_formula
from keras_t2i.tasks.base.labelled import LabelledTask
from keras_t2i.tasks.base.layout import line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.pictures import spread
from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderGiven
from keras_t2i.tasks.labels_to_image.label_drawing import LabelDrawing
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.images.given import Picture
    from keras_t2i.metrics.subject import ReadsLabels
    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.labels_to_image.autoencoder import LabelledAutoencoder
    from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

_GRID_ROWS, _GRID_COLUMNS = 8, 8
_DEVIATION_NOISES = 16
_SCORED = 1024  # pictures at most, for the scores that a stage ends with


class LabelDrawingTask(LabelledTask):
    """A run that draws from labels; a task of its last stage derives from it."""

    scored = True
    experiment: LabelDrawing

    @property
    def kind(self) -> str:
        """Description of such a run, for messages."""
        return f"a run that draws from {'labels' if self.conditioned else 'noise alone'}"

    @property
    def options(self) -> frozenset[str]:
        """Options of `generate` that the run offers."""
        found = {"count", "truncation", "grid"}
        if self.conditioned:
            found |= {"captions", "labels", "file", "interpolate", "arithmetic", "combinations"}
        if self.has_autoencoder:
            found.add("reconstruct")
        return frozenset(found)

    @property
    def conditioned(self) -> bool:
        """Whether labels are taken."""
        return True

    @property
    def has_autoencoder(self) -> bool:
        """Whether the autoencoder is one of the stages."""
        return self.experiment.autoencoder in self.experiment.stages

    # Trained parts.

    @cached_property
    def autoencoder(self) -> "LabelledAutoencoder":
        """The trained autoencoder, frozen."""
        model = self.trained(self.experiment.autoencoder)
        model.trainable = False
        return model

    def model_of(self, stage: Stage) -> Any:
        """The untrained model of the autoencoder, or of what draws."""
        if stage == self.experiment.autoencoder:
            sizes = self.info.image_size, self.schema.width
            return self.experiment.autoencoder.model(self.experiment.networks, *sizes)
        return self.drawing_model()

    @abstractmethod
    def drawing_model(self) -> Any:
        """The untrained model of the last stage."""

    @cached_property
    def generator(self) -> Any:
        """The last stage's model as far as it is trained (`label_generator.DrawsLabels`)."""
        return self.trained(self.experiment.drawing)

    @cached_property
    def sampler(self) -> "LabelSampler":
        """Draws pictures as far as the run is trained."""
        return self.sampler_of(self.generator)

    def sampler_of(self, generator: Any) -> "LabelSampler":
        """Draws pictures by a model, such as one that is being trained."""
        from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

        autoencoder = self.autoencoder if self.has_autoencoder else None
        seen = self.info.splits["train"].combinations
        return LabelSampler(self.schema, generator, autoencoder, seen)

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the autoencoder, or of what draws."""
        if stage == self.experiment.autoencoder:
            return self.experiment.autoencoder.build(
                AutoencoderGiven(
                    networks=self.experiment.networks,
                    draw=self.draw_reconstructions,
                    finish=self.finish_autoencoder,
                    **self.labelled(),
                )
            )
        return self.build_drawing()

    @abstractmethod
    def build_drawing(self) -> Training:
        """The training of what draws."""

    def labelled(self) -> dict[str, Any]:
        """Inputs of both stages."""
        return {"split": self.split, "labels": self.schema.width, **self.common()}

    def draw_reconstructions(self, model: "LabelledAutoencoder", step: int) -> Path:
        """Unseen pictures, each above its reconstruction."""
        from keras_t2i.images.batches import in_batches, scaled, to_uint8
        from keras_t2i.images.grid import plain_grid

        pictures = self.spread_pictures(self.unseen, 2 * _GRID_COLUMNS)
        columns = min(_GRID_COLUMNS, len(pictures))
        pictures = pictures[: len(pictures) // columns * columns]
        back = to_uint8(in_batches(lambda rows: model(scaled(rows))[0], pictures))
        pairs = np.stack([pictures, back]).reshape(2, -1, columns, *pictures.shape[1:])
        rows = pairs.swapaxes(0, 1).reshape(-1, *pairs.shape[2:])
        return self.log_image("autoencoder", "reconstructions", plain_grid(rows), step)

    def finish_autoencoder(self, model: "LabelledAutoencoder") -> dict[str, Any]:
        """The last reconstructions, and how well pictures and labels come back."""
        path = self.draw_reconstructions(model, int(model.step.numpy()))
        return {
            "samples": self.within(path),
            "train": self.autoencoder_scores(model, self.split),
            self.unseen_name: self.autoencoder_scores(model, self.unseen),
        }

    def autoencoder_scores(self, model: "LabelledAutoencoder", split: "Split") -> dict[str, float]:
        """Mean squared error (range [−1, 1]) and share of labels read, over some of a split."""
        from keras_t2i.images.batches import in_batches, scaled
        from keras_t2i.metrics.condition_accuracy import condition_accuracy
        from keras_t2i.pipelines.labels import label_vectors

        pictures = self.spread_pictures(split, _SCORED)
        back = in_batches(lambda rows: model(scaled(rows))[0], pictures)
        logits = in_batches(lambda rows: model.read(scaled(rows)), pictures)
        labels = label_vectors(split)[spread(split, _SCORED)]
        error = float(np.mean((back - np.asarray(scaled(pictures))) ** 2))
        return {
            "reconstruction": round(error, 5),
            "label_accuracy": round(condition_accuracy(self.schema, logits, labels), 4),
        }

    def draw_samples(self, generator: Any, step: int) -> Path:
        """The sample grid: fixed labels, one fixed noise a column."""
        from keras_t2i.images.grid import captioned_grid

        names = self.facts["labels"]
        grid = captioned_grid(names, self._table(generator, _GRID_COLUMNS))
        return self.log_image(self.experiment.drawing.name, "samples", grid, step, names)

    def finish_samples(self, generator: Any) -> dict[str, Any]:
        """The last sample grid, and how much noise and labels matter."""
        from keras_t2i.metrics.deviation import pixel_deviation

        path = self.draw_samples(generator, int(generator.step.numpy()))
        deviation = pixel_deviation(self._table(generator, _DEVIATION_NOISES))
        return {"samples": self.within(path), "deviation": deviation}

    def _table(self, generator: Any, columns: int) -> np.ndarray:
        """Each shown combination with each of some seeds: uint8 (rows, columns, S, S, 3)."""
        labels = np.stack([self.schema.parse(name) for name in self.facts["labels"]])
        seeds = list(range(columns)) * len(labels)
        pictures = self.sampler_of(generator).sample(labels.repeat(columns, axis=0), seeds)
        return pictures.reshape(len(labels), columns, *pictures.shape[1:])

    # What a run remembers.

    def facts_of_data(self) -> dict[str, Any]:
        """The sample grids' combinations: the most frequent of the training pictures."""
        from keras_t2i.pipelines.attributes import count_combinations
        from keras_t2i.pipelines.labels import label_vectors

        counts = count_combinations(self.schema, label_vectors(self.split))
        return {"labels": list(counts)[:_GRID_ROWS]}

    # What a user asks.

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        if not self.conditioned:
            return "--count 8 --grid --out pictures.png"
        return f'--labels "{self.facts["labels"][0]}" --count 8 --grid --out pictures.png'

    @property
    def takes_texts(self) -> bool:
        """Whether the generator is conditioned."""
        return self.conditioned

    @property
    def example_text(self) -> str | None:
        """Labels that training pictures have."""
        return self.facts["labels"][0] if self.conditioned else None

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """A picture for each one's labels: uint8 (N, S, S, 3)."""
        none = np.zeros((len(seeds), self.schema.width), "float32")
        labels = self.sampler.encode(texts) if texts else none
        return self.sampler.sample(labels, seeds, truncation)

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures on the line between two pictures' latents: uint8 (steps, S, S, 3)."""
        labels = self.sampler.encode([start, end])
        first, last = self.sampler.latents(labels, [seed] * 2, checked_truncation(truncation))
        return self.sampler.decode(line(first, last, steps)[1])

    def arithmetic(self, *formula: str, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """The picture of a sum of mean latents (Radford et al. 2015): uint8 (1, S, S, 3)."""
        from keras_t2i.tasks.labels_to_image.sheets import concepts

        terms = parse_formula(formula)
        labels = self.sampler.encode([term for _, term in terms])
        _, latents = concepts(self.sampler, terms, labels, seed, checked_truncation(truncation))
        return self.sampler.decode(latents[-1].mean(0, keepdims=True))

    def encode(self, texts: Texts) -> np.ndarray:
        """Labels → multi-hot float32 (N, n)."""
        return np.stack([self.schema.parse(text) for text in some_texts(texts)])

    def reconstruct(self, pictures: "Sequence[Picture]") -> np.ndarray:
        """Pictures through encoder and decoder of stage one: uint8 (N, S, S, 3)."""
        from keras_t2i.images.given import read_pictures

        return self.sampler.reconstruct(read_pictures(pictures, self.info.image_size))

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Draw for the options of `generate`."""
        from keras_t2i.tasks.labels_to_image.sheets import render

        return render(self.sampler, options)

    def subject(self, model: Any = None) -> "LabelSampler":
        """The generator that scores judge, trained or in training."""
        return self.sampler if model is None else self.sampler_of(model)

    def classifier(self) -> "ReadsLabels":
        """The encoder and label head, which read labels in pictures."""
        from keras_t2i.tasks.labels_to_image.reader import AutoencoderReader

        if not self.has_autoencoder:
            return super().classifier()
        return AutoencoderReader(self.schema.labels, self.info.image_size, self.autoencoder)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.labels_to_image.signatures import archive

        return archive(self.sampler)

    def example_inputs(self) -> dict[str, Any]:
        """Labels that training pictures have, and a picture."""
        from keras_t2i.exporting.warmup import grey_png

        labels = self.facts["labels"][0]
        return {
            "labels": labels,
            "labels_from": labels,
            "labels_to": labels,
            "image_bytes": grey_png(self.info.image_size),
        }
