"""Pictures from noise and codes (InfoGAN)."""

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.tasks.info_gan.gan_stage import InfoGanStage
from keras_t2i.tasks.unconditional.task import Unconditional, UnconditionalTask
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.tasks.info_gan.gan import InfoGAN

_COLUMNS = 10
_READ = 1000  # real pictures, at most, whose codes are compared with their attributes


@component
class UnconditionalWithCodes(Unconditional):
    """Noise and codes → pictures.

    Args:
        gan: The GAN's stage.
    """

    gan: InfoGanStage = field(default_factory=InfoGanStage)

    def task(self, run: Run, data: Path | None = None) -> "InfoGANTask":
        """The task of a run of this experiment."""
        return InfoGANTask(self, run, data)


class InfoGANTask(UnconditionalTask):
    """A run of an InfoGAN."""

    kind = "a run that draws from noise and codes"
    experiment: UnconditionalWithCodes

    def draw_samples(self, gan: "InfoGAN", step: int) -> Path:
        """Effects of the codes: a row for each category, then rows over which a value rises.

        Columns share their noise.
        """
        from keras_t2i.images.grid import captioned_grid

        names, rows = sweeps(gan)
        pictures = self.sampler_of(gan).decode(rows.reshape(-1, rows.shape[-1]))
        grid = captioned_grid(names, pictures.reshape(*rows.shape[:2], *pictures.shape[1:]))
        return self.log_image("gan", "samples", grid, step, names)

    def finish_samples(self, gan: "InfoGAN") -> dict[str, Any]:
        """The last sweeps, and how much the category that Q reads tells of the true attributes."""
        return super().finish_samples(gan) | {"category_explains": self.explained(gan)}

    def explained(self, gan: "InfoGAN") -> dict[str, str]:
        """The share of each attribute's uncertainty that the category explains, and by chance."""
        from keras_t2i.images.batches import centre_crop, in_batches, scaled
        from keras_t2i.tasks.info_gan.information import expected_by_chance, uncertainty_explained

        count = min(_READ, len(self.split.images))
        pictures = centre_crop(self.split.images[:count], self.info.image_size)
        read = in_batches(lambda rows: gan.read(scaled(rows))[0], pictures).argmax(1)
        columns = dict(
            zip((a.name for a in self.info.attributes if not a.free), self._columns(), strict=True)
        )
        return {
            name: f"{uncertainty_explained(read, values[:count]):.3f} "
            f"(by chance {expected_by_chance(read, values[:count]):.3f})"
            for name, values in columns.items()
        }

    def _columns(self) -> list[np.ndarray]:
        """The values of the attributes of which a picture has exactly one."""
        places = np.cumsum([0, *(a.columns for a in self.info.attributes)])
        return [
            self.split.attributes[:, place]
            for attribute, place in zip(self.info.attributes, places, strict=False)
            if not attribute.free
        ]


def sweeps(gan: "InfoGAN") -> tuple[list[str], np.ndarray]:
    """Noise and codes of a picture that shows what each code does.

    Returns:
        Names of the rows, and float32 (rows, columns, width): first a row for each category; then,
        for each continuous code, rows in which it rises from −1 to 1 from the left to the right.
    """
    import tensorflow as tf

    latent = gan.latent
    base = latent.sample((_COLUMNS, latent.width), tf.constant([0, 3], tf.int64)).numpy()
    names, rows = [], []
    codes = slice(latent.noise, latent.noise + latent.categories)
    for category in range(latent.categories):
        row = base.copy()
        row[:, codes] = np.eye(latent.categories)[category]
        names.append(f"category {category}")
        rows.append(row)
    for value in range(latent.continuous):
        for other in range(2):
            row = base[other].repeat(_COLUMNS).reshape(-1, _COLUMNS).T.copy()
            row[:, latent.noise + latent.categories + value] = np.linspace(-1, 1, _COLUMNS)
            names.append(f"value {value} from -1 to 1")
            rows.append(row)
    return names, np.stack(rows)
