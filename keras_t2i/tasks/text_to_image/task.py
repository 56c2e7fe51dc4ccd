"""Captions to pictures: an encoder, then a GAN."""

import sys
from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.exporting.loaded import Texts, checked_truncation, some_texts
from keras_t2i.pipelines.arrays import Damaged, read_arrays
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.order import ranks_in_groups
from keras_t2i.pipelines.requirements import require_captions
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.base.pictures import PictureTask
from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven, CaptionStage
from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage
from keras_t2i.tasks.text_to_image.sentence_stage import EncoderGiven, SentenceStage
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    import tensorflow as tf
    from PIL import Image

    from keras_t2i.metrics.inputs import Encode
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.base.feature_networks import RememberedMaps
    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
    from keras_t2i.tasks.text_to_image.sampler import Sampler
    from keras_t2i.text.caption_encoder import CaptionEncoder
    from keras_t2i.text.sentence_encoder import SentenceEncoder
    from keras_t2i.text.tokenizer import Tokenizer
    from keras_t2i.training.tracked_model import TrackedModel

_GRID_ROWS, _GRID_COLUMNS = 8, 8
_PROJECTED = 1000
_NO_KNOWN_WORD = "None of the captions has a word that the encoder knows."
_DEVIATION_CAPTIONS, _DEVIATION_NOISES = 32, 16


@component
class TextToImage(TaskExperiment):
    """Captions → embeddings → pictures.

    Args:
        encoder: The sentence encoder's stage.
        gan: The GAN's stage.
    """

    encoder: SentenceStage = field(default_factory=EncoderStage)
    gan: CaptionStage = field(default_factory=CaptionGanStage)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Encoder, then GAN."""
        return (self.encoder, self.gan)

    @property
    def drawn_side(self) -> int:
        """Side of the generator's pictures."""
        return self.gan.generator_side

    def check(self) -> None:
        """Refuse terms that read pictures where no image encoder is trained."""
        super().check()
        for stage in self.caption_stages:
            for term in stage.generator_terms:
                if "image encoder" in term.needs and not self.encoder.sees_pictures:
                    raise InputError(
                        f"{type(term).__name__} cannot be among the generator_terms of the stage "
                        f"`{stage.name}`: it needs an image encoder, which JointEncoderStage "
                        f"trains, and {type(self.encoder).__name__} does not."
                    )

    @property
    def caption_stages(self) -> tuple[CaptionStage, ...]:
        """The stages that train GANs."""
        return tuple(stage for stage in self.stages if isinstance(stage, CaptionStage))

    def suited_to(self, info: "DatasetInfo") -> Self:
        """The experiment with the encoder's stage that suits data (`EncoderStage.suited_to`)."""
        return replace(self, encoder=self.encoder.suited_to(info))

    def task(self, run: Run, data: Path | None = None) -> "TextToImageTask":
        """The task of a run of this experiment."""
        return TextToImageTask(self, run, data)


class TextToImageTask(PictureTask):
    """A run that draws from captions."""

    kind = "a run that draws from captions"
    scored = True
    experiment: TextToImage

    @property
    def options(self) -> frozenset[str]:
        """Options of `generate` that these runs take."""
        offered = {"captions", "file", "interpolate", "arithmetic", "count", "truncation", "grid"}
        return frozenset(offered | ({"attention"} if self.experiment.encoder.attends else set()))

    # Trained parts.

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The run's tokenizer.

        Raises:
            InputError: A run whose tokenizer is not learned yet.
        """
        return self.experiment.encoder.tokenizer.load(self.run.path)

    @property
    def classes(self) -> int:
        """Width of the encoder's species head."""
        return self.experiment.encoder.classes_in(self.info)

    @cached_property
    def encoder(self) -> "SentenceEncoder":
        """The trained encoder, frozen."""
        stage = self.experiment.encoder
        model = self.trained(stage)
        model.trainable = False
        return stage.encoder_of(model)

    def model_of(self, stage: Stage) -> Any:
        """The untrained encoder or GAN."""
        if stage == self.experiment.encoder:
            return self.experiment.encoder.model_in(self.run.path, self.classes)
        gan = self.experiment.gan
        return gan.model(self.experiment.encoder.embedding_dim, networks=self.remembered_maps(gan))

    def remembered_maps(self, stage: CaptionStage) -> "RememberedMaps":
        """Maps in the place of those of a stage's feature critics, which only training needs."""
        from keras_t2i.tasks.base.feature_networks import RememberedMaps

        maps = self.facts.get("maps", {}) if stage.feature_critics else {}
        return RememberedMaps(maps.get(stage.name, {}))

    @cached_property
    def gan(self) -> "ConditionalGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    @property
    def caption_encoder(self) -> "CaptionEncoder":
        """Tokenizer and encoder together."""
        from keras_t2i.text.caption_encoder import CaptionEncoder

        return CaptionEncoder(self.tokenizer, self.encoder)

    @cached_property
    def sampler(self) -> "Sampler":
        """Draws pictures as far as the run is trained."""
        return self.sampler_of(self.gan)

    def sampler_of(self, gan: "ConditionalGAN") -> "Sampler":
        """Draws pictures by a GAN, such as one that is being trained."""
        from keras_t2i.tasks.text_to_image.sampler import Sampler

        return Sampler(self.tokenizer, self.encoder, gan)

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the encoder, or of the GAN."""
        if stage == self.experiment.encoder:
            return self.experiment.encoder.build(self.encoder_given())
        return self.experiment.gan.build(self.gan_given())

    def encoder_given(self) -> EncoderGiven:
        """Inputs from which the encoder's stage is built."""
        encoder = self.experiment.encoder
        encoder.begin_in(self.run.path)
        split, tokenizer = self.split, self.learned_tokenizer()

        def finish(model: Any) -> dict[str, Any]:
            text = encoder.encoder_of(model)
            if encoder.attends:
                self.draw_attention(text, int(model.step.numpy()))
            self.project(text)
            return {}

        def draw(model: Any, step: int) -> Path:
            return self.draw_attention(encoder.encoder_of(model), step)

        return EncoderGiven(
            split=split,
            tokenizer=tokenizer,
            classes=self.classes,
            run=self.run.path,
            draw=draw,
            finish=finish,
            **self.common(),
        )

    def gan_given(self) -> CaptionGiven:
        """Inputs from which the GAN's stage is built."""
        self.experiment.encoder.begin_in(self.run.path)
        self.learned_tokenizer()  # a reused encoder comes without its words
        return CaptionGiven(
            split=self.split,
            embeddings=self.embeddings(),
            words=self.words(),
            reader=self.reader,
            draw=self.draw_samples,
            finish=self.finish_samples,
            **self.common(),
        )

    @property
    def reader(self) -> "Callable[[tf.Tensor], tf.Tensor] | None":
        """Pictures to embeddings as the captions' are, by the trained encoders, if there is one."""
        stage = self.experiment.encoder
        if not stage.sees_pictures:
            return None
        model = self.trained(stage)
        model.trainable = False
        return stage.reader_of(model)

    def learned_tokenizer(self) -> "Tokenizer":
        """The run's tokenizer; learned from the training captions where it is not yet.

        Raises:
            InputError: The data have no captions.
        """
        spec = self.experiment.encoder.tokenizer
        if not spec.is_learned(self.run.path):
            require_captions(self.split.info)
            learned = spec.learn(self.split.captions)
            if not learned.knows(self.split.captions).any():
                raise InputError(_NO_KNOWN_WORD)
            tell_of_long_captions(learned, self.split.captions)
            learned.save(self.run.path)
        return self.tokenizer

    def embeddings(self) -> np.ndarray:
        """The training captions' embeddings, float32 (captions, E): computed once a run."""
        from keras_t2i.tasks.text_to_image.embedding_file import computed_rows, kept_rows

        folder, captions = self.run.stage(self.experiment.encoder.name), self.split.captions
        try:  # earlier runs hold them so
            return read_arrays(folder / "embeddings.npz")["embeddings"]
        except (Damaged, KeyError):
            pass
        kept = kept_rows(folder)
        if kept is not None:
            return kept
        if not self.tokenizer.knows(captions).any():
            raise InputError(_NO_KNOWN_WORD)
        tell_of_words_left_out(self.tokenizer.unknown_among(captions))
        shape = len(captions), self.experiment.encoder.embedding_dim
        return computed_rows(folder, shape, lambda rows: self._embedded(captions[rows]))

    def words(self) -> np.ndarray | None:
        """States of the training captions' words, where the generator takes them; here not."""
        return None

    def _embedded(self, captions: Sequence[str]) -> np.ndarray:
        from keras_t2i.images.batches import in_batches

        return in_batches(self.encoder.embedded, self.tokenizer(captions))

    def draw_attention(self, model: "SentenceEncoder", step: int) -> Path:
        """An attention map of some captions, as PNG and for TensorBoard."""
        import tensorflow as tf

        from keras_t2i.tasks.text_to_image.attention_map import encoded_attention

        tokens = tf.constant(self.tokenizer(self.shown_captions[:4]))
        spelled = self.tokenizer.spelled(tokens)
        picture = encoded_attention(spelled, model.encode(tokens))
        return self.log_image("encoder", "attention", picture, step)

    def project(self, model: "SentenceEncoder") -> None:
        """The embeddings of some training captions, for TensorBoard's projector."""
        import tensorflow as tf

        from keras_t2i.tasks.text_to_image.projector import write_projector

        split = self.split
        count = min(_PROJECTED, len(split.labels))
        rows = np.linspace(0, len(split.labels) - 1, count).astype(int)
        captions = [split.captions[split.caption_starts[row]] for row in rows]
        embeddings = model.encode(tf.constant(self.tokenizer(captions)))["embedding"]
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
        grid = captioned_grid(captions, self.sampler_of(gan).table(captions, range(_GRID_COLUMNS)))
        return self.log_image(stage, name, grid, step, captions)

    def finish_samples(self, gan: "ConditionalGAN") -> dict[str, Any]:
        """The last sample grid, and how much noise and captions matter."""
        from keras_t2i.metrics.deviation import pixel_deviation

        path = self.draw_samples(gan, int(gan.step.numpy()))
        captions = self.shown_captions[:_DEVIATION_CAPTIONS]
        table = self.sampler_of(gan).table(captions, range(_DEVIATION_NOISES))
        return {"samples": self.within(path), "deviation": pixel_deviation(table)}

    # What a run remembers.

    def facts_of_data(self) -> dict[str, Any]:
        """The captions of the sample grids; the networks of feature critics and their maps."""
        captions = {"captions": self.captions_to_show()}
        if not self._extractors:
            return captions
        shapes = {stage.name: stage.map_shapes() for stage in self.experiment.caption_stages}
        return captions | {"extractors": self._extractors, "maps": shapes}

    @cached_property
    def _extractors(self) -> dict[str, str]:
        from keras_t2i.tasks.base.feature_networks import fingerprints

        files = (file for stage in self.experiment.caption_stages for file in stage.extractors)
        return fingerprints(files)

    def remember(self) -> None:
        """Write what drawing needs, after a look at the networks of feature critics.

        Raises:
            InputError: A network cannot be used, or is not the one that the run began with.
        """
        from keras_t2i.tasks.base.feature_networks import check_unchanged

        if self._extractors:
            check_unchanged(self.facts.get("extractors", {}), self._extractors)
        super().remember()

    def captions_to_show(self) -> list[str]:
        """The captions of the sample grids: unseen ones of known classes where there are any."""
        known = set(self.split.labels.tolist())
        for name in ("test", "val"):
            if name in self.info.splits:
                split = self.read_split(name)
                if len(split.labels) and set(split.labels.tolist()) <= known - {-1}:
                    return spread_captions(split, _DEVIATION_CAPTIONS)
        return spread_captions(self.split, _DEVIATION_CAPTIONS)

    @property
    def shown_captions(self) -> list[str]:
        """The captions of the sample grids."""
        return self.facts["captions"]

    # What a user asks.

    @property
    def example(self) -> str:
        """Words of `generate` that draw something with this run."""
        return f'"{self.example_text}" --count 8 --grid --out pictures.png'

    @property
    def takes_texts(self) -> bool:
        """Always; an old run knows no example where its data set is gone."""
        return True

    @property
    def example_text(self) -> str:
        """A caption that the encoder knows; of captions shown, the first such one."""
        known = self.tokenizer.knows(self.shown_captions)
        return self.shown_captions[int(np.argmax(known))]

    def draw(self, texts: Sequence[str], seeds: Sequence[int], truncation: float) -> np.ndarray:
        """A picture for each caption: uint8 (N, S, S, 3)."""
        return self.sampler.sample(self.sampler.encode(texts), seeds, truncation)

    def interpolate(
        self, start: str, end: str, *, steps: int = 8, seed: int = 0, truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures on the line between two captions: uint8 (steps, S, S, 3)."""
        _, between = self.sampler.between(start, end, steps)
        return self.sampler.sample(between, [seed] * steps, checked_truncation(truncation))

    def arithmetic(self, *formula: str, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """The picture of a sum of captions: uint8 (1, S, S, 3)."""
        _, _, whole = self.sampler.total(formula)
        return self.sampler.sample(whole, [seed], checked_truncation(truncation))

    def attention(self, texts: Texts) -> "Image.Image":
        """Captions as a picture, their words coloured by the encoder's attention.

        Raises:
            InputError: The encoder was given, and reads a caption as a whole.
        """
        from keras_t2i.tasks.text_to_image.sheets import render_attention

        if not self.experiment.encoder.attends:
            raise InputError(f"{self.run.where}: its encoder shows no attention to words.")
        return render_attention(self.caption_encoder, some_texts(texts))

    def encode(self, texts: Texts) -> np.ndarray:
        """Captions → embeddings float32 (N, E)."""
        return self._embedded(some_texts(texts))

    # What commands ask.

    def render(self, options: GenerateOptions) -> "list[Image.Image]":
        """Draw for the options of `generate`."""
        from keras_t2i.tasks.text_to_image.sheets import render

        if options.attention:
            return [self.attention(options.texts)]
        return render(self.sampler, options)

    def subject(self, model: "TrackedModel | None" = None) -> "Sampler":
        """The generator that scores judge, trained or in training."""
        return self.sampler if model is None else self.sampler_of(model)

    @property
    def text_encoder(self) -> "Encode":
        """Captions to embeddings."""
        return self.encode

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.text_to_image.signatures import archive

        return archive(self.sampler)

    def example_inputs(self) -> dict[str, Any]:
        """A caption that the encoder knows, for each input of captions."""
        caption = self.example_text
        return {"caption": caption, "caption_from": caption, "caption_to": caption}


def tell_of_words_left_out(words: Sequence[str]) -> None:
    """Say on stderr which words of captions an encoder leaves out."""
    if words:
        some = ", ".join(words[:10]) + (", …" if len(words) > 10 else "")
        print(f"Words that the encoder does not know and leaves out: {some}", file=sys.stderr)


def tell_of_long_captions(tokenizer: "Tokenizer", captions: Sequence[str]) -> None:
    """Say on stderr how many captions are longer than what is read of them."""
    cut = tokenizer.count_cut(captions)
    if cut:
        print(
            f"{cut:,} of {len(captions):,} captions have more tokens than are read of each, "
            f"{tokenizer.length - 2}; --encoder.tokenizer.length makes room for more.",
            file=sys.stderr,
        )


def spread_captions(split: "Split", count: int) -> list[str]:
    """Captions of `count` pictures, class after class in turn."""
    in_turn = np.lexsort((split.labels, ranks_in_groups(split.labels)))
    return [split.captions[split.caption_starts[row]] for row in in_turn[:count]]
