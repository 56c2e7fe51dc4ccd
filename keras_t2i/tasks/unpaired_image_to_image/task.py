"""Pictures of one domain as another's, without pairs (CycleGAN)."""

from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.pictures import PictureTask
from keras_t2i.tasks.unpaired_image_to_image.gan_stage import CycleGanStage, DomainsGiven
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.images.given import Picture
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN

_SHOWN, _SCORED = 10, 256


@component
class UnpairedImageToImage(TaskExperiment):
    """Pictures of one domain ↔ pictures of another.

    Args:
        domain_a: A class or label of the data; `attribute: label` where several have it.
        domain_b: Another class or label.
        gan: The GAN's stage.
    """

    domain_a: str = "body colour: red"
    domain_b: str = "body colour: blue"
    gan: CycleGanStage = field(default_factory=CycleGanStage)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The GAN."""
        return (self.gan,)

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse what the stage refuses, and data that do not have both domains."""
        from keras_t2i.pipelines.unpaired import domains_named

        super().check_data(info)
        for domain in (self.domain_a, self.domain_b):
            domains_named(info, domain)

    def task(self, run: Run, data: Path | None = None) -> "UnpairedImageToImageTask":
        """The task of a run of this experiment."""
        return UnpairedImageToImageTask(self, run, data)


class UnpairedImageToImageTask(PictureTask):
    """A run that makes pictures of one domain another's."""

    options = frozenset({"translate", "back", "grid"})
    kind = "a run that makes pictures of one domain another's"
    experiment: UnpairedImageToImage

    @cached_property
    def gan(self) -> "CycleGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    def model_of(self, stage: Stage) -> "CycleGAN":
        """The untrained GAN."""
        return self.experiment.gan.model(self.info.image_size)

    def translated(self, gan: "CycleGAN", pictures: np.ndarray, back: bool = False) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) as the other domain's, uint8.

        Args:
            gan: The GAN.
            pictures: Pictures of domain A, or of B.
            back: Whether they are of B.
        """
        from keras_t2i.images.batches import in_batches, scaled, to_uint8

        return to_uint8(in_batches(lambda rows: gan.sample(scaled(rows), back), pictures))

    # Training.

    def domains(self, split: "Split") -> "tuple[Split, Split]":
        """A split's pictures of either domain.

        Raises:
            InputError: There are none of a domain, or some are of both.
        """
        from keras_t2i.pipelines.unpaired import pictures_of, rows_of_kind

        a, b = self.experiment.domain_a, self.experiment.domain_b
        common = np.logical_and(rows_of_kind(split, a), rows_of_kind(split, b)).sum()
        if common:
            raise InputError(
                f"--domain-a {a!r}, --domain-b {b!r}: {common} pictures are of both domains."
            )
        return pictures_of(split, a), pictures_of(split, b)

    def build(self, stage: Stage) -> Training:
        """The training of the GAN."""
        domain_a, domain_b = self.domains(self.split)
        return self.experiment.gan.build(
            DomainsGiven(
                domain_a=domain_a,
                domain_b=domain_b,
                draw=self.draw_samples,
                finish=self.finish_samples,
                **self.common(),
            )
        )

    def remember(self) -> None:
        """Write what drawing needs, after a look at the pictures that samples are drawn of.

        Raises:
            InputError: There are none of a domain among the unseen pictures.
        """
        self.domains(self.unseen)
        super().remember()

    @cached_property
    def unseen_domains(self) -> tuple[np.ndarray, np.ndarray]:
        """Unseen pictures of both domains, cropped at the centre, uint8 (N, S, S, 3)."""
        from keras_t2i.images.batches import centre_crop

        a, b = self.domains(self.unseen)
        size = self.info.image_size
        return centre_crop(a.images[:_SCORED], size), centre_crop(b.images[:_SCORED], size)

    def draw_samples(self, gan: "CycleGAN", step: int) -> Path:
        """Three rows for each domain: unseen pictures, their translations, and those back again."""
        from keras_t2i.images.grid import plain_grid

        columns = min(_SHOWN, *(len(pictures) for pictures in self.unseen_domains))
        rows = []
        for pictures, back in zip(self.unseen_domains, (False, True), strict=True):
            there = self.translated(gan, pictures[:columns], back)
            rows += [pictures[:columns], there, self.translated(gan, there, not back)]
        return self.log_image("gan", "samples", plain_grid(np.stack(rows)), step)

    def finish_samples(self, gan: "CycleGAN") -> dict[str, Any]:
        """The last samples, and how far a picture is from itself after there and back."""
        path = self.draw_samples(gan, int(gan.step.numpy()))
        errors = {}
        for name, pictures, back in zip(
            ("a", "b"), self.unseen_domains, (False, True), strict=True
        ):
            there = self.translated(gan, pictures, back)
            again = self.translated(gan, there, not back)
            errors[f"domain_{name}_moved"] = round(_levels(there, pictures), 3)
            errors[f"domain_{name}_cycle_error"] = round(_levels(again, pictures), 3)
        return {"samples": self.within(path), self.unseen_name: errors}

    # What a user asks.

    example = "--translate PICTURE FOLDER --grid --out pictures.png"

    def translate(self, pictures: "Sequence[Picture]", *, back: bool = False) -> np.ndarray:
        """Pictures as domain B's, or back: as domain A's; uint8 (N, S, S, 3)."""
        from keras_t2i.images.given import read_pictures

        return self.translated(self.gan, read_pictures(pictures, self.info.image_size), back)

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Translate files, or folders of them."""
        from keras_t2i.tasks.unpaired_image_to_image.sheets import render

        def translated(pictures: np.ndarray) -> np.ndarray:
            return self.translated(self.gan, pictures, options.back)

        return render(translated, self.info.image_size, options)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.unpaired_image_to_image.signatures import archive

        return archive(self.gan, self.info.image_size)

    def example_inputs(self) -> dict[str, Any]:
        """A picture."""
        from keras_t2i.exporting.warmup import grey_png

        return {"image_bytes": grey_png(self.info.image_size)}


def _levels(one: np.ndarray, other: np.ndarray) -> float:
    """The mean absolute difference in grey levels."""
    return float(np.abs(one.astype("float64") - other).mean())
