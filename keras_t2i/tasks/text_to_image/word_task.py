"""Captions to pictures, by a generator that looks at words."""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.exporting.loaded import Texts, some_texts
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage
from keras_t2i.tasks.text_to_image.task import TextToImage, TextToImageTask
from keras_t2i.tasks.text_to_image.word_stage import WordGanStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage

if TYPE_CHECKING:
    from PIL import Image

    from keras_t2i.tasks.text_to_image.sampler import Sampler
    from keras_t2i.tasks.text_to_image.word_gan import WordGAN

_SHOWN = 4


@component
class WordsToImage(TextToImage):
    """Captions → embeddings and words → pictures.

    Args:
        encoder: The sentence encoder's stage; the encoder gives states of words.
        gan: The GAN's stage.
    """

    encoder: EncoderStage = field(default_factory=EncoderStage)
    gan: WordGanStage = field(default_factory=WordGanStage)

    def check(self) -> None:
        """Refuse an encoder that gives no states of words."""
        super().check()
        network = self.encoder.encoder
        if not network.state_dim:
            raise InputError(
                f"{type(self.gan).__name__} needs an encoder that gives a state of each word, such "
                f"as Attentive. Received: {type(network).__name__}."
            )

    def task(self, run: Run, data: Path | None = None) -> "WordsToImageTask":
        """The task of a run of this experiment."""
        return WordsToImageTask(self, run, data)


class WordsToImageTask(TextToImageTask):
    """A run that draws from captions and their words."""

    experiment: WordsToImage

    def model_of(self, stage: Stage) -> Any:
        """The untrained encoder or GAN."""
        encoder = self.experiment.encoder
        if stage == encoder:
            return super().model_of(stage)
        shape = encoder.tokenizer.length, encoder.encoder.state_dim
        gan = self.experiment.gan
        maps = self.remembered_maps(gan)
        return gan.model(encoder.embedding_dim, networks=maps, word_shape=shape)

    def words(self) -> np.ndarray:
        """States of the training captions' words, float16 (captions, n, W): computed once a run."""
        from keras_t2i.images.batches import in_batches
        from keras_t2i.tasks.text_to_image.embedding_file import WORDS, computed_rows, kept_rows

        stage, captions = self.experiment.encoder, self.split.captions
        folder = self.run.stage(stage.name)
        kept = kept_rows(folder, WORDS)
        if kept is not None:
            return kept
        shape = len(captions), stage.tokenizer.length, stage.encoder.state_dim
        return computed_rows(
            folder,
            shape,
            lambda rows: in_batches(self.encoder.word_states, self.tokenizer(captions[rows])),
            WORDS,
            "<f2",
        )

    def draw_samples(
        self, gan: "WordGAN", step: int, stage: str = "gan", name: str = "samples"
    ) -> Path:
        """The sample grid, and beside it the words of some captions on their pictures.

        A generator without `attention_sides` looks at no word.
        """
        if not self.experiment.gan.attention_sides:
            return super().draw_samples(gan, step, stage, name)
        captions = self.shown_captions[:_SHOWN]
        sheet = self.word_sheet(self.sampler_of(gan), captions)
        self.log_image(stage, "words", sheet, step, captions)
        return super().draw_samples(gan, step, stage, name)

    def word_sheet(
        self, sampler: "Sampler", captions: Sequence[str], seed: int = 0
    ) -> "Image.Image":
        """Sheet that shows where the pictures of captions look at each word."""
        from keras_t2i.tasks.text_to_image.sheets import render_words

        return render_words(sampler, captions, seed)

    def attention(self, texts: Texts, *, seed: int = 0) -> "Image.Image":
        """Pictures of captions, each bright where the generator looks at a word; once a word.

        Args:
            texts: Captions that are drawn.
            seed: Seed of all pictures' noise.

        Raises:
            InputError: The generator looks at no word.
        """
        if not self.experiment.gan.attention_sides:
            raise InputError(f"{self.run.path}: its generator has no attention_sides.")
        captions = some_texts(texts)
        self.sampler.check(captions)
        self.sampler.tell(captions)
        return self.word_sheet(self.sampler, captions, seed)

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Draw for the options of `generate`."""
        if options.attention:
            return [self.attention(options.texts, seed=options.seed)]
        return super().render(options)
