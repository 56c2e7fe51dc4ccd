"""Stage one: the sentence encoder."""

from dataclasses import field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.bounds import Factor, Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.order import ranks_in_groups
from keras_t2i.tasks.text_to_image.sentence_stage import EncoderGiven, SentenceStage
from keras_t2i.text.specs import Attentive, EncoderSpec, TokenizerSpec, Words
from keras_t2i.training.hardware import Precision, jit_compile, precision_policy
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import DatasetInfo, Split
    from keras_t2i.text.encoder import TextEncoder

_IMAGE_CHANNELS = (32, 64, 128, 256)  # of the pictures' network beside an encoder without classes


@component
class EncoderStage(SentenceStage):
    """Trains a sentence encoder to tell the species of captions (No's thesis, III.A).

    Data without classes are learned from by the joint objective instead (`suited_to`).

    Args:
        tokenizer: Tokenizer of the captions.
        encoder: The network.
        embedding_dim: Width of the sentence embedding.
        batch_size: Number of captions per step.
        learning_rate: Learning rate of Adam.
        epochs: Number of visits of every caption, at most.
        accuracy: Training accuracy, over an epoch, at which the training ends: a share of the best
            possible one, which is below 1 where species share a caption.
        word_weight: Factor of a loss by which the embedding must tell its caption's words too: to
            tell species alone, it may forget what their captions do not share, such as the scene.
        precision: Precision of the computation; `auto` is bfloat16 where the device multiplies it
            fast, else float32.
        checkpoint_minutes: Minutes between checkpoints.
    """

    tokenizer: TokenizerSpec = field(default_factory=Words)
    encoder: EncoderSpec = field(default_factory=Attentive)
    embedding_dim: int = 128
    batch_size: int = 128
    learning_rate: float = 5e-4
    epochs: int = 200
    accuracy: Share = 0.95
    word_weight: Factor = 0.0
    precision: Precision = "auto"
    checkpoint_minutes: float = 2.0

    length = "epochs"

    def model(self, vocabulary_size: int, classes: int) -> "TextEncoder":
        """The encoder, untrained and ready for `fit`."""
        import keras

        with precision_policy(self.precision):
            encoder = self.encoder.build(
                vocabulary_size=vocabulary_size,
                length=self.tokenizer.length,
                classes=classes,
                embedding_dim=self.embedding_dim,
            )
        encoder.recall_words(self.word_weight)
        encoder.prepare(keras.optimizers.Adam(self.learning_rate))
        return encoder

    def model_in(self, run: Path, classes: int) -> Any:
        """The encoder, or what is trained with it, untrained, of the run's vocabulary."""
        return self.model(len(self.tokenizer.load(run).vocabulary), classes)

    def suited_to(self, info: "DatasetInfo") -> "EncoderStage":
        """The stage for some data: without classes, one by the joint objective.

        A head that tells every picture from all others would grow with the data, and say little.

        Args:
            info: Description of the data set.
        """
        if info.classes:
            return self
        from keras_t2i.tasks.text_to_image.joint_encoder_stage import JointEncoderStage

        common = {each.name: getattr(self, each.name) for each in fields(EncoderStage)}
        return JointEncoderStage(**common, image_channels=_IMAGE_CHANNELS)

    def classes_in(self, info: "DatasetInfo") -> int:
        """Width of the head that tells classes; of earlier runs, each picture where there are none.

        Args:
            info: Description of the data set.
        """
        return len(info.classes) or info.splits["train"].pictures

    def build(self, given: EncoderGiven) -> Training:
        """The stage on training captions."""
        from keras_t2i.pipelines.captions import caption_batches
        from keras_t2i.training.callbacks.every import Every
        from keras_t2i.training.callbacks.stop_at import StopAt

        tokens, labels, held_out = examples(given)
        model = self.model(len(given.tokenizer.vocabulary), given.classes)
        if given.xla != "auto":  # Keras knows which layers a GPU has a faster kernel for
            model.jit_compile = jit_compile(given.xla)
        train = ~held_out
        steps = max(1, int(train.sum()) // self.batch_size)
        best = best_accuracy(tokens[train], labels[train])
        batch_size = min(self.batch_size, int(train.sum()))

        def finish() -> dict[str, Any]:
            summary: dict[str, Any] = {
                "train_accuracy": model_accuracy(model, tokens[train], labels[train]),
                "best_possible_train_accuracy": round(best, 4),
            }
            if held_out.any():
                accuracy = model_accuracy(model, tokens[held_out], labels[held_out])
                summary["held_out_accuracy"] = accuracy
                summary["held_out_captions"] = int(held_out.sum())
            return summary | given.finish(model)

        def draw(step: int) -> None:
            given.draw(model, step)

        return Training(
            model=model,
            dataset=lambda step, **options: caption_batches(
                tokens[train],
                labels[train],
                batch_size,
                seed=given.seed,
                start_step=step,
                **options,
            ),
            steps=steps * self.epochs,
            interval=steps,
            epoch=steps,
            rows_per_step=batch_size,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[StopAt("accuracy", self.accuracy * best), Every(steps, steps, draw)],
            finish=finish,
        )


def examples(given: EncoderGiven) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tokens and class of every training caption, and which captions are held out.

    Every tenth picture of a class is held out: a split of unseen classes can say nothing about
    telling the classes apart.
    """
    split = given.split
    labels = kinds_of(split)
    pictures_out = ranks_in_groups(labels) % 10 == 9
    counts = np.diff(split.caption_starts)
    return (
        given.tokenizer(split.captions),
        labels.repeat(counts).astype("int64"),
        pictures_out.repeat(counts),
    )


def kinds_of(split: "Split") -> np.ndarray:
    """The class of each picture, int64 (N,); where there are none, each is one by itself."""
    return np.where(split.labels < 0, np.arange(len(split.labels)), split.labels)


def model_accuracy(model: "TextEncoder", tokens: np.ndarray, labels: np.ndarray) -> float:
    """The share of captions whose class the encoder tells, in [0, 1]."""
    found = np.argmax(model.predict(tokens, batch_size=256, verbose=0), -1)
    return round(float(np.mean(found == labels)), 4)


def best_accuracy(tokens: np.ndarray, labels: np.ndarray) -> float:
    """The training accuracy of an encoder that knows every caption by heart, in (0, 1].

    A caption such as "this is a black bird" that several classes share is right for one of them.
    """
    _, caption = np.unique(tokens, axis=0, return_inverse=True)
    pairs, counts = np.unique(np.stack([caption.ravel(), labels], 1), axis=0, return_counts=True)
    best = np.zeros(caption.max() + 1, int)
    np.maximum.at(best, pairs[:, 0], counts)
    return float(best.sum() / len(labels))
