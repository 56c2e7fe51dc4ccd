"""The sentence encoder's stage by the structured joint objective."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage, best_accuracy, kinds_of
from keras_t2i.text.specs import (
    Attentive,
    CharacterRecurrent,
    Characters,
    Recurrent,
    Transformer,
    WordPieces,
    Words,
)
from keras_t2i.training.hardware import precision_policy

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import Split
    from keras_t2i.tasks.text_to_image.joint_encoder import JointEncoder
    from keras_t2i.tasks.text_to_image.task import TextToImageTask
    from keras_t2i.text.encoder import TextEncoder
    from keras_t2i.training.loop import Training

_BATCH = 256


@dataclass(frozen=True)
class JointEncoderStage(EncoderStage):
    """Trains caption and picture embeddings to fit each other (Reed et al. 2016, CVPR).

    The pictures' network is trained with it, on the pictures at hand; the paper takes features of a
    GoogLeNet that has seen ImageNet.

    Args:
        tokenizer: How captions become tokens.
        encoder: The captions' network.
        sight: Widths of the pictures' network.
    """

    tokenizer: Words | WordPieces | Characters = field(default_factory=Characters)
    encoder: Attentive | Transformer | Recurrent | CharacterRecurrent = field(
        default_factory=CharacterRecurrent
    )
    sight: tuple[int, ...] = (64, 128, 256, 512)
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
            sight = ImageEncoder(self.sight, self.embedding_dim)
        return JointEncoder(text, sight, keras.optimizers.Adam(self.learning_rate))

    def encoder_of(self, model: "JointEncoder") -> "TextEncoder":
        """The captions' half."""
        return model.text

    def build(self, task: "TextToImageTask") -> "Training":
        """The stage on the task's training pictures and captions."""
        from keras_t2i.pipelines.captions import captioned_pictures
        from keras_t2i.training.loop import Training

        tokens, _, held_out = self._examples(task, task.tokenizer)
        pictures_out = held_out[task.split.caption_starts[:-1]]
        split = task.split
        train = part_of_split(replace(split, labels=kinds_of(split)), ~pictures_out)
        known = tokens[~held_out].astype("float32")
        task.seed()
        model = self.model(len(task.tokenizer.vocabulary), task.classes)
        rows, seed = min(self.batch_size, len(train.images)), task.experiment.seed

        def dataset(step: int) -> Any:
            batches = captioned_pictures(train, rows, seed=seed, embeddings=known, start_step=step)
            return batches.map(_told)

        steps = max(1, len(train.images) // rows)
        return Training(
            model=model,
            dataset=dataset,
            steps=steps * self.epochs,
            interval=steps,
            rows_per_step=rows,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[],
            finish=lambda: self._summary(task, model, tokens, held_out, pictures_out),
        )

    def _summary(
        self,
        task: "TextToImageTask",
        model: "JointEncoder",
        tokens: np.ndarray,
        held_out: np.ndarray,
        pictures_out: np.ndarray,
    ) -> dict[str, Any]:
        """How often a caption fits its own class's mean picture best."""
        split = task.split
        labels = kinds_of(split)
        seen = _embedded_pictures(model, split, ~pictures_out)
        kinds = np.unique(labels[~pictures_out])
        means = np.stack([seen[labels[~pictures_out] == kind].mean(0) for kind in kinds])
        counts = np.diff(split.caption_starts)
        truth = labels.repeat(counts)
        best = best_accuracy(tokens[~held_out], truth[~held_out])
        summary: dict[str, Any] = {"best_possible_train_accuracy": round(best, 4)}
        for name, rows in (("train", ~held_out), ("held_out", held_out)):
            if rows.any():
                told = _embedded_captions(model, tokens[rows])
                found = kinds[(told @ means.T).argmax(1)]
                summary[f"{name}_accuracy"] = round(float(np.mean(found == truth[rows])), 4)
        task.draw_attention(model.text, int(model.step.numpy()))
        return summary | {"held_out_captions": int(held_out.sum())}


def part_of_split(split: "Split", wanted: np.ndarray) -> "Split":
    """The pictures of a split that a mask (N,) wants, with their captions."""
    counts = np.diff(split.caption_starts)
    captions = np.repeat(wanted, counts)
    return replace(
        split,
        images=split.images[wanted],
        captions=[c for c, keep in zip(split.captions, captions, strict=True) if keep],
        caption_starts=np.concatenate([[0], np.cumsum(counts[wanted])]).astype("int64"),
        labels=split.labels[wanted],
        attributes=split.attributes[wanted],
        ids=[name for name, keep in zip(split.ids, wanted, strict=True) if keep],
    )


def _told(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch with its captions' tokens as whole numbers."""
    import tensorflow as tf

    tokens = tf.cast(batch["caption"], tf.int64)
    return {"image": batch["image"], "tokens": tokens, "label": batch["label"]}


def _embedded_pictures(model: "JointEncoder", split: "Split", wanted: np.ndarray) -> np.ndarray:
    size = split.info.image_size
    start = (split.images.shape[1] - size) // 2
    images = split.images[wanted][:, start : start + size, start : start + size]
    parts = [
        np.asarray(model.sight(images[i : i + _BATCH].astype("float32") / 127.5 - 1.0))
        for i in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts)


def _embedded_captions(model: "JointEncoder", tokens: np.ndarray) -> np.ndarray:
    parts = [
        np.asarray(model.text.encode(tokens[i : i + _BATCH])["embedding"])
        for i in range(0, len(tokens), _BATCH)
    ]
    return np.concatenate(parts)
