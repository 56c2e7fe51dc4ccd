"""Pictures from pictures."""

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.registry import component, register
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import CentreMask, Downsample, RandomMasks
from keras_t2i.pipelines.requirements import require_pairs, require_side
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.pictures import PictureTask
from keras_t2i.tasks.image_to_image.gan_stage import ImageToImageGanStage, PairsGiven
from keras_t2i.tasks.image_to_image.pretrained_stage import PretrainedGanStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.images.given import Picture
    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN
    from keras_t2i.tasks.image_to_image.sampler import TranslationSampler

_SHOWN, _SCORED = 8, 256
_SMALLEST = 11  # side of the window of `fidelity`, by which each stage ends

register(CentreMask)
register(Downsample)
register(RandomMasks)


@component
class ImageToImage(TaskExperiment):
    """Source pictures → pictures.

    Args:
        degradation: Loss of detail that makes a picture its source; `None` takes the source stored
            with it.
        gan: The GAN's stage.
    """

    degradation: Downsample | CentreMask | RandomMasks | None = None
    gan: ImageToImageGanStage = field(default_factory=ImageToImageGanStage)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stage of the GAN, after those that it begins with."""
        return self.gan.stages

    def check(self) -> None:
        """Refuse networks, views and terms that the sources are not made for."""
        super().check()
        for stage in self.gan.stages:
            stage.check_degradation(self.degradation)

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse pictures without partners where there must be some, and sides that do not fit."""
        super().check_data(info)
        require_side(info, _SMALLEST)
        if self.degradation is None:
            require_pairs(info)
        for stage in self.gan.stages:
            stage.check_sides(info.image_size, self.degradation)
            stage.check_networks(info.image_size)

    def drawn_source(self) -> Any:
        """The birds that are drawn where no data are given, with maps where pairs are needed."""
        from keras_t2i.pipelines.sources.bird_maps import BirdMaps

        return BirdMaps() if self.degradation is None else super().drawn_source()

    def task(self, run: Run, data: Path | None = None) -> "ImageToImageTask":
        """The task of a run of this experiment."""
        return ImageToImageTask(self, run, data)


class ImageToImageTask(PictureTask):
    """A run that makes pictures of pictures."""

    options = frozenset({"translate", "grid"})
    kind = "a run that makes pictures of pictures"
    scored = True
    experiment: ImageToImage

    # Trained parts.

    def model_of(self, stage: Stage) -> "ImageToImageGAN":
        """The untrained GAN, or the generator's stage that it begins with."""
        chosen = next(each for each in self.experiment.gan.stages if each == stage)
        degradation = self.experiment.degradation
        return chosen.model(self.info.image_size, self.source_shape, degradation=degradation)

    @cached_property
    def gan(self) -> "ImageToImageGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    @property
    def source_shape(self) -> tuple[int, ...]:
        """Height, width and channels of the pictures that it takes."""
        return tuple(self.facts["source_shape"])

    @cached_property
    def sampler(self) -> "TranslationSampler":
        """Makes pictures as far as the run is trained."""
        return self.sampler_of(self.gan)

    def sampler_of(self, gan: "ImageToImageGAN") -> "TranslationSampler":
        """Makes pictures by a GAN, such as one that is being trained."""
        from keras_t2i.tasks.image_to_image.sampler import TranslationSampler

        return TranslationSampler(gan, self.source_shape, self.sources_of)

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the GAN, or of the generator that it begins with."""
        gan, first_weights = self.experiment.gan, None
        if stage == gan and isinstance(gan, PretrainedGanStage):
            first_weights = self.trained(gan.first).average.get_weights()
        chosen = next(each for each in gan.stages if each == stage)
        return chosen.build(
            PairsGiven(
                split=self.split,
                degradation=self.experiment.degradation,
                first_weights=first_weights,
                draw=lambda gan, step: self.draw_samples(gan, step, chosen.name),
                finish=lambda gan: self.finish_samples(gan, chosen.name),
                **self.common(),
            )
        )

    def pairs(self, count: int) -> dict[str, np.ndarray]:
        """Unseen pictures, cropped at the centre, and their sources, float32 in [−1, 1]."""
        from keras_t2i.pipelines.paired import paired_pictures
        from keras_t2i.pipelines.pictures import DataAugmentation

        count = min(count, len(self.unseen.images))
        still = DataAugmentation(crop=False, flip=False)
        degradation = self.experiment.degradation
        batch = next(iter(paired_pictures(self.unseen, count, degradation, augmentation=still)))
        return {name: value.numpy() for name, value in batch.items()}

    def draw_samples(self, gan: "ImageToImageGAN", step: int, stage: str) -> Path:
        """Unseen pictures: the source, the generator's picture, and the real one."""
        from keras_t2i.images.batches import to_uint8
        from keras_t2i.images.grid import plain_grid
        from keras_t2i.tasks.image_to_image.rivals import shown

        batch = self.pairs(_SHOWN)
        made = self.sampler_of(gan).translate(batch["source"])
        real = to_uint8(batch["image"])
        rows = np.stack([shown(batch["source"], real.shape[1]), made, real])
        name = "samples" if stage == self.experiment.gan.name else f"samples-{stage}"
        return self.log_image(stage, name, plain_grid(rows), step)

    def finish_samples(self, gan: "ImageToImageGAN", stage: str) -> dict[str, Any]:
        """The last samples, and scores beside those of simple rules."""
        path = self.draw_samples(gan, int(gan.step.numpy()), stage)
        return {"samples": self.within(path), self.unseen_name: self.scores(gan)}

    def scores(self, gan: "ImageToImageGAN") -> dict[str, dict[str, float]]:
        """Fidelity of the generator and of simple rivals, over unseen pictures."""
        from keras_t2i.images.batches import to_uint8
        from keras_t2i.tasks.image_to_image.fidelity import fidelity, hole_psnr
        from keras_t2i.tasks.image_to_image.rivals import rivals

        batch = self.pairs(_SCORED)
        real = to_uint8(batch["image"])
        drawn = {"generator": self.sampler_of(gan).translate(batch["source"])}
        drawn |= rivals(batch["source"], real.shape[1])
        found = {name: fidelity(pictures, real) for name, pictures in drawn.items()}
        if batch["source"].shape[-1] == 4:
            mask = batch["source"][..., 3]
            for name, pictures in drawn.items():
                found[name]["hole_psnr"] = hole_psnr(pictures, real, mask)
        return {n: {k: round(v, 4) for k, v in values.items()} for n, values in found.items()}

    # What a run remembers.

    def facts_of_data(self) -> dict[str, Any]:
        """The shape of the pictures that it takes; the sha256 of the networks of features."""
        from keras_t2i.tasks.base.feature_networks import fingerprints
        from keras_t2i.tasks.image_to_image.features import files_of

        shape = {"source_shape": list(self.pairs(1)["source"].shape[1:])}
        networks = fingerprints(files_of(self._generator_terms))
        return shape | ({"extractors": networks} if networks else {})

    def remember(self) -> None:
        """Write what drawing needs, after a look at the networks of features.

        Raises:
            InputError: A network is not the one that the run began with.
        """
        from keras_t2i.tasks.base.feature_networks import check_unchanged, fingerprints
        from keras_t2i.tasks.image_to_image.features import files_of

        found = fingerprints(files_of(self._generator_terms))
        check_unchanged(self.facts.get("extractors", {}), found)
        super().remember()

    @property
    def _generator_terms(self) -> tuple[GeneratorTerm, ...]:
        """The further terms of all stages."""
        return tuple(t for stage in self.experiment.gan.stages for t in stage.generator_terms)

    # What a user asks.

    example = "--translate PICTURE FOLDER --grid --out pictures.png"

    def translate(self, pictures: "Sequence[Picture]", *, back: bool = False) -> np.ndarray:
        """Translate pictures to uint8 (N, S, S, 3); a network that fills holes fills white parts.

        Raises:
            InputError: `back`, or a picture that cannot be read.
        """
        if back:
            raise InputError(f"{self!r} translates in one direction only: leave out back (--back).")
        return self.sampler.translate(self.sampler.sources(pictures))

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Translate files, or folders of them."""
        from keras_t2i.tasks.image_to_image.sheets import render

        return render(self.sampler, options)

    def subject(self, model: Any = None) -> "TranslationSampler":
        """The generator that scores judge, trained or in training."""
        return self.sampler if model is None else self.sampler_of(model)

    def sources_of(self, conditions: "Conditions") -> np.ndarray:
        """The sources of the real pictures of conditions, float32 (N, …)."""
        import tensorflow as tf

        from keras_t2i.images.batches import centre_crop, scaled

        degradation = self.experiment.degradation
        split = self.read_split(conditions.split)
        shown = split.images if degradation or split.given is None else split.given
        pictures = centre_crop(shown[conditions.rows], self.info.image_size)
        sources = scaled(pictures)
        if degradation:
            sources = degradation(sources, tf.constant([0, 0], tf.int64))
        return np.asarray(sources)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.image_to_image.signatures import archive

        return archive(self.gan, self.source_shape[0], self.source_shape[2])

    def example_inputs(self) -> dict[str, Any]:
        """A picture, and a mask of one."""
        from keras_t2i.exporting.warmup import grey_png

        picture = grey_png(self.source_shape[0])
        return {"image_bytes": picture, "mask_bytes": picture}
