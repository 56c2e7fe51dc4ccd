"""Captioned pictures as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`).

Drawn at each step are the order of the pictures, the caption of each, the crop, the flip and the
mismatched partner.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .batching import Batch, Batching, BatchOptions
from .errors import InputError
from .held import Rows, drawn_from, on_host
from .lazy import tf
from .order import Draw, scaled
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def captioned_pictures(
    split: Split,
    batch_size: int,
    *,
    embeddings: np.ndarray | None = None,
    words: Rows | None = None,
    augmentation: DataAugmentation = CROP_AND_FLIP,
    mismatched_by_picture: bool = False,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    Each picture is visited once an epoch with one of its captions, and paired with a caption of a
    picture of *another class* (of any other picture where there are no classes, or with
    `mismatched_by_picture`).

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: Rows of a global batch, B.
        embeddings: Embeddings, float32 of shape (captions, E), a row for each of `split.captions`.
            With them, the batches carry embeddings in the captions' place.
        words: States of words, (captions, n, W), in the same order. With them, the batches carry
            `words`, those of the shown captions.
        augmentation: DataAugmentation of each picture.
        mismatched_by_picture: Whether the mismatched caption is that of any other picture, so that
            it can differ in what pictures of a class do not share, such as the scene.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries of tensors with b = B / num_shards rows: `image` float32 (b, H, W, 3) in
        [-1, 1]; `caption` and `mismatched`, strings (b,) or float32 (b, E); `label` int64 (b,), -1
        where there are no classes; `attributes` int64 (b, A); `words` (b, n, W), where they are
        given.

    Raises:
        InputError: The split cannot fill the request (no pictures, one class only, a batch size
            that the shards do not divide, embeddings or words of another number of captions).
    """
    batching = Batching(batch_size, **options)
    pictures = augmented_pictures(split, batching, augmentation)
    classes = np.full_like(split.labels, -1) if mismatched_by_picture else split.labels
    _check(split, classes)
    for name, given in (("embedding", embeddings), ("row of words", words)):
        _check_rows(split, name, given)
    captions = _captions_of_batch(split, batching, embeddings, words, other_class_rows(classes))

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        chosen = {name: value[batching.shard] for name, value in captions(step, rows).items()}
        return {"image": pictures(step, rows)[0], **chosen}

    return batching.dataset(batching.order(len(split.labels)), load)


def other_class_rows(
    labels: np.ndarray,
) -> Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]:
    """A function that draws, uniformly, a row of another class for each given row.

    Args:
        labels: Classes, int64 (N,); -1 stands for no class, and then only the row itself is
            excluded.

    Returns:
        `(rows (b,), uniform (b,) in [0, 1)) -> rows (b,)`.
    """
    groups = np.where(labels < 0, labels.max(initial=-1) + 1 + np.arange(len(labels)), labels)
    by_group = np.argsort(groups, kind="stable")
    _, group_of_row, counts = np.unique(groups, return_inverse=True, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    first, count = on_host(starts[group_of_row]), on_host(counts[group_of_row])
    by_group = on_host(by_group)

    def draw(rows: "tf.Tensor", uniform: "tf.Tensor") -> "tf.Tensor":
        own_first, own_count = tf.gather(first, rows), tf.gather(count, rows)
        others = len(labels) - own_count
        place = scaled(uniform, others)
        place += tf.where(place >= own_first, own_count, 0)
        return tf.gather(by_group, place)

    return draw


def _check(split: Split, classes: np.ndarray) -> None:
    labelled = classes[classes >= 0]
    if len(classes) == 1 or (len(labelled) == len(classes) and len(np.unique(labelled)) == 1):
        raise InputError(
            "The mismatched caption must come from another class, and the split has only one: "
            f"{len(split.labels)} picture(s) of "
            f"{[split.info.classes[i] for i in np.unique(labelled)] or 'no class'}. "
            "Prepare pictures of at least two classes, or leave the classes out."
        )


def _check_rows(split: Split, name: str, given: Rows | None) -> None:
    if given is not None and len(given) != len(split.captions):
        raise InputError(
            f"There must be one {name} for each caption. Received: {len(given)} for "
            f"{len(split.captions)} captions."
        )


def _captions_of_batch(
    split: Split,
    batching: Batching,
    embeddings: np.ndarray | None,
    words: Rows | None,
    partner_of: Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"],
) -> Callable[["tf.Tensor", "tf.Tensor"], Batch]:
    """Everything of a batch but the pictures."""
    texts = _texts(split.captions) if embeddings is None else drawn_from(embeddings)
    words_of = None if words is None else drawn_from(words)
    first, count = on_host(split.caption_starts[:-1]), on_host(np.diff(split.caption_starts))
    labels, attributes = on_host(split.labels), on_host(split.attributes)

    def caption_of(rows: "tf.Tensor", uniform: "tf.Tensor") -> "tf.Tensor":
        return tf.gather(first, rows) + scaled(uniform, tf.gather(count, rows))

    def rows_of_batch(step: "tf.Tensor", indices: "tf.Tensor") -> Batch:
        def uniform(draw: Draw) -> "tf.Tensor":
            stream = batching.stream(draw, step)
            return tf.random.stateless_uniform(tf.shape(indices), stream, dtype=tf.float64)

        partners = partner_of(indices, uniform(Draw.PARTNER))
        shown = caption_of(indices, uniform(Draw.CAPTION))
        batch = {
            "caption": texts(shown),
            "mismatched": texts(caption_of(partners, uniform(Draw.PARTNER_CAPTION))),
            "label": tf.gather(labels, indices),
            "attributes": tf.gather(attributes, indices),
        }
        return batch if words_of is None else {**batch, "words": words_of(shown)}

    return rows_of_batch


def _texts(captions: Sequence[str]) -> Callable[["tf.Tensor"], "tf.Tensor"]:
    held = on_host(captions)
    return lambda rows: tf.gather(held, rows)


def caption_batches(
    tokens: np.ndarray, labels: np.ndarray, batch_size: int, **options: Unpack[BatchOptions]
) -> "tf.data.Dataset":
    """An endless dataset of captions and classes; every caption once an epoch.

    Args:
        tokens: Captions, (N, ...).
        labels: Classes of the captions, int64 (N,).
        batch_size: Rows of a global batch, B.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries of `tokens` (B / num_shards, ...) and `label` (B / num_shards,).
    """
    batching = Batching(batch_size, **options)
    tokens_of, labels_of = drawn_from(tokens), drawn_from(labels)

    def load(_: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        rows = rows[batching.shard]
        return {"tokens": tokens_of(rows), "label": labels_of(rows)}

    return batching.dataset(batching.order(len(labels)), load)
