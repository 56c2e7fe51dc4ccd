"""Sampler from captions to pictures: a trained encoder and generator together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.images.batches import in_batches, to_uint8
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.base.formula import parse_formula
from keras_t2i.tasks.base.layout import shares_of
from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
from keras_t2i.tasks.text_to_image.readings import Columns
from keras_t2i.text.caption_encoder import CaptionEncoder
from keras_t2i.training.tracked_model import fingerprint_of

_READ = 256  # captions whose words are held at a time


@dataclass(frozen=True)
class Sampler(CaptionEncoder):
    """Draws pictures for captions.

    A row's picture depends on its caption and its seed alone, never on the rows beside it.

    Args:
        gan: The GAN, from what it reads in captions, and noise, to pictures.
    """

    gan: ConditionalGAN

    @traced
    def encoded(self, tokens: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """Outputs of the encoder for tokens, integers (N, n), with all that the generator takes."""
        return self.gan.reading.encode(self.encoder, tokens)

    def sample(self, reading: Columns, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        """Pictures of captions and the rows' seeds: uint8 (N, S, S, 3).

        Args:
            reading: Columns of the generator's reading (`gan.reading`) of N captions, by name, as
                `encode`, `between` and `total` give them.
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """

        def drawn(seeds: tf.Tensor, *columns: tf.Tensor) -> tf.Tensor:
            noise = row_noise(self.gan.latent, seeds, self.gan.network.noise_dim)
            return self.gan.sample(noise * truncation, *columns)

        columns = [np.asarray(reading[name], "float32") for name in self.gan.reading.names]
        return to_uint8(in_batches(drawn, np.asarray(seeds, "int64"), *columns))

    def repeated(self, reading: Columns, count: int) -> dict[str, np.ndarray]:
        """Each row of a reading `count` times, one after the other."""
        return {name: np.repeat(reading[name], count, 0) for name in self.gan.reading.names}

    def between(self, start: str, end: str, steps: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Shares of the second caption, (steps,) from 0 to 1, and the reading at each.

        Raises:
            InputError: Fewer than two steps, or a caption that says nothing to the encoder.
        """
        shares = shares_of(steps)
        encoded = self.repeated(self.encode([start, end]), steps)
        first = {name: tf.constant(rows[:steps]) for name, rows in encoded.items()}
        last = {name: tf.constant(rows[steps:]) for name, rows in encoded.items()}
        found = self.gan.reading.between(first, last, tf.constant(shares[:, None]))
        return shares, {name: np.asarray(rows) for name, rows in found.items()}

    def total(
        self, formula: Sequence[str]
    ) -> tuple[list[tuple[float, str]], dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Signed terms of `A - B + C`, their reading, and that of the whole, one row.

        Raises:
            InputError: Terms and signs do not alternate, or a caption says nothing to the encoder.
        """
        terms = parse_formula(formula)
        encoded = self.encode([caption for _, caption in terms])
        return terms, encoded, self.gan.reading.total(terms, encoded)

    def table(self, captions: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
        """Each caption of a data set with each seed: uint8 (captions, seeds, S, S, 3)."""
        reading = self.repeated(self.read(captions), len(seeds))
        rows = self.sample(reading, [seed for _ in captions for seed in seeds])
        return rows.reshape(len(captions), len(seeds), *rows.shape[1:])

    # What scores ask (`metrics.subject.Generates`).

    @property
    def step(self) -> int:
        """The step of the training that the generator comes from."""
        return int(self.gan.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        weights = self.encoder.get_weights(), self.gan.average.get_weights(), self.gan.scale
        return fingerprint_of(chain.from_iterable(weights))

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """A picture for the caption and the seed of each condition: uint8 (N, S, S, 3)."""
        captions = conditions.captions
        parts = [slice(start, start + _READ) for start in range(0, len(captions), _READ)]
        return np.concatenate(
            [self.sample(self.read(captions[part]), seeds[part]) for part in parts]
        )
