"""The sentence encoder's stage by the structured joint objective."""

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.pipelines.held import RowsOf
from keras_t2i.pipelines.requirements import require_mismatches
from keras_t2i.tasks.text_to_image.encoder_stage import (
    EncoderStage,
    best_accuracy,
    examples,
    kinds_of,
)
from keras_t2i.tasks.text_to_image.sentence_stage import EncoderGiven
from keras_t2i.text.specs import CharacterRecurrent, Characters, EncoderSpec, TokenizerSpec
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, DataAugmentation
from keras_t2i.training.hardware import jit_compile, precision_policy
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from collections.abc import Callable

    import tensorflow as tf

    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.tasks.text_to_image.joint_encoder import JointEncoder
    from keras_t2i.text.encoder import TextEncoder

_COMPARED = 1000  # classes, or pictures where there are none, among which a caption finds its own


@component
class JointEncoderStage(EncoderStage):
    """Trains caption and picture embeddings to fit each other (Reed et al. 2016, CVPR).

    The pictures' network is trained with it, on the pictures at hand; the paper takes features of a
    GoogLeNet that has seen ImageNet.

    Args:
        tokenizer: Tokenizer of the captions.
        encoder: Network of the captions.
        image_channels: Widths of the pictures' network.
        by_picture: Whether every picture is a class of its own, so that captions are distinguished
            by all that pictures show, not by the species alone.
        data_augmentation: Random crop and mirror image of the training pictures.
    """

    tokenizer: TokenizerSpec = field(default_factory=Characters)
    encoder: EncoderSpec = field(default_factory=CharacterRecurrent)
    image_channels: tuple[int, ...] = (64, 128, 256, 512)
    by_picture: bool = False
    data_augmentation: DataAugmentation = CROP_AND_FLIP
    embedding_dim: int = 1024
    batch_size: int = 40
    epochs: int = 300

    def model(self, vocabulary_size: int, classes: int) -> "JointEncoder":
        """Both networks, untrained and ready for `fit`."""
        import keras

        from keras_t2i.tasks.text_to_image.joint_encoder import ImageEncoder, JointEncoder

        with precision_policy(self.precision):
            text = self.encoder.build(
                vocabulary_size=vocabulary_size,
                length=self.tokenizer.length,
                classes=classes,
                embedding_dim=self.embedding_dim,
            )
            text.recall_words(self.word_weight)
            image_encoder = ImageEncoder(self.image_channels, self.embedding_dim)
        return JointEncoder(text, image_encoder, keras.optimizers.Adam(self.learning_rate))

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse data without captions, of one picture or of one class."""
        super().check_data(info)
        require_mismatches(info, self.by_picture, "by-picture of the encoder")

    def suited_to(self, info: "DatasetInfo") -> "JointEncoderStage":
        """The stage itself: its objective needs no classes."""
        return self

    def classes_in(self, info: "DatasetInfo") -> int:
        """Width of the head that tells classes, which is not used: it grows with no pictures."""
        return max(1, len(info.classes))

    @property
    def sees_pictures(self) -> bool:
        """Whether the stage also trains an image encoder: it does."""
        return True

    def reader_of(self, model: "JointEncoder") -> "Callable[[tf.Tensor], tf.Tensor]":
        """Pictures (N, S, S, 3) in [−1, 1] to embeddings float32 (N, E)."""
        return model.see

    def encoder_of(self, model: "JointEncoder") -> "TextEncoder":
        """The captions' half."""
        return model.text

    def build(self, given: EncoderGiven) -> Training:
        """The stage on training pictures and captions."""
        from keras_t2i.pipelines.captions import captioned_pictures

        tokens, _, held_out = examples(given)
        split = given.split
        pictures_out = held_out[split.caption_starts[:-1]]
        labels = np.arange(len(split.labels)) if self.by_picture else kinds_of(split)
        train = part_of_split(replace(split, labels=labels), ~pictures_out)
        known = tokens[~held_out].astype("float32")
        model = self.model(len(given.tokenizer.vocabulary), given.classes)
        if given.xla != "auto":  # Keras knows which layers a GPU has a faster kernel for
            model.jit_compile = jit_compile(given.xla)
        rows = min(self.batch_size, len(train.images))

        def dataset(step: int, **options: Any) -> Any:
            batches = captioned_pictures(
                train,
                rows,
                seed=given.seed,
                embeddings=known,
                augmentation=self.data_augmentation,
                start_step=step,
                **options,
            )
            return batches.map(_with_tokens)

        def finish() -> dict[str, Any]:
            summary = retrieval(model, split, tokens, held_out, pictures_out)
            return summary | given.finish(model)

        steps = max(1, len(train.images) // rows)
        return Training(
            model=model,
            dataset=dataset,
            steps=steps * self.epochs,
            interval=steps,
            epoch=steps,
            rows_per_step=rows,
            checkpoint_minutes=self.checkpoint_minutes,
            finish=finish,
        )


def retrieval(
    model: "JointEncoder",
    split: "Split",
    tokens: np.ndarray,
    held_out: np.ndarray,
    pictures_out: np.ndarray,
) -> dict[str, Any]:
    """How often a caption fits its own class's mean picture best, of a thousand at most.

    Args:
        model: The trained encoders.
        split: The training pictures.
        tokens: Tokens, int64 (captions, n).
        held_out: Mask of the captions that were not trained on, bool (captions,).
        pictures_out: Mask of their pictures, bool (N,).
    """
    from keras_t2i.images.batches import in_batches

    labels = kinds_of(split)
    shown = ~pictures_out & np.isin(labels, _some(labels[~pictures_out]))
    seen = _embedded_pictures(model, split, shown)
    kinds, of_kind, counts = np.unique(labels[shown], return_inverse=True, return_counts=True)
    means = np.zeros((len(kinds), seen.shape[1]), seen.dtype)
    np.add.at(means, of_kind, seen)
    means /= counts[:, None]
    truth = labels.repeat(np.diff(split.caption_starts))
    asked = np.isin(truth, kinds)
    trained = asked & ~held_out
    best = best_accuracy(tokens[trained], truth[trained])
    summary: dict[str, Any] = {"best_possible_train_accuracy": round(best, 4)}
    for name, rows in (("train", trained), ("held_out", asked & held_out)):
        if rows.any():
            embedded = in_batches(model.text.embedded, tokens[rows])
            found = kinds[(embedded @ means.T).argmax(1)]
            summary[f"{name}_accuracy"] = round(float(np.mean(found == truth[rows])), 4)
    return summary | {"held_out_captions": int(held_out.sum())}


def _some(labels: np.ndarray) -> np.ndarray:
    """Classes that occur, evenly spread, a thousand at most: a caption is compared with each."""
    kinds = np.unique(labels)
    return kinds[np.linspace(0, len(kinds) - 1, min(len(kinds), _COMPARED)).astype(int)]


def part_of_split(split: "Split", wanted: np.ndarray) -> "Split":
    """The pictures of a split that a mask (N,) wants, with their captions."""
    counts = np.diff(split.caption_starts)
    captions = np.repeat(wanted, counts)
    return replace(
        split,
        images=RowsOf(split.images, wanted),
        captions=[c for c, keep in zip(split.captions, captions, strict=True) if keep],
        caption_starts=np.concatenate([[0], np.cumsum(counts[wanted])]).astype("int64"),
        labels=split.labels[wanted],
        attributes=split.attributes[wanted],
        ids=[name for name, keep in zip(split.ids, wanted, strict=True) if keep],
    )


def _with_tokens(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch with its captions' tokens as whole numbers."""
    import tensorflow as tf

    tokens = tf.cast(batch["caption"], tf.int64)
    return {"image": batch["image"], "tokens": tokens, "label": batch["label"]}


def _embedded_pictures(model: "JointEncoder", split: "Split", wanted: np.ndarray) -> np.ndarray:
    from keras_t2i.images.batches import centre_crop, in_batches, scaled

    def embedded(part: Any) -> Any:
        return model.image_encoder(scaled(centre_crop(part, split.info.image_size)))

    return in_batches(embedded, RowsOf(split.images, wanted))
