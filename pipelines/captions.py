"""Captioned pictures as an endless, seeded, resumable tf.data pipeline.

Every batch is a pure function of `(seed, step)`: the order of the pictures, the caption drawn for
each, the crop, the flip and the mismatched partner. So a run resumes at any step without saved
iterator state, and shards of one global batch fit together exactly.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .errors import InputError
from .lazy import tf
from .order import batches, scaled, stream, visiting_order
from .pictures import CROP_AND_FLIP, Augmentation, augmented_pictures, part_of
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def captioned_pictures(
    split: Split,
    batch_size: int,
    *,
    seed: int = 0,
    embeddings: np.ndarray | None = None,
    augmentation: Augmentation = CROP_AND_FLIP,
    start_step: int = 0,
    num_shards: int = 1,
    shard_index: int = 0,
    prefetch: int = 4,
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    Each picture is visited once an epoch with one of its captions, and paired with a caption of a
    picture of *another class* (of another picture where there are no classes).

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: The global batch size B.
        seed: Fixes everything that is random.
        embeddings: float32 of shape (captions, E), a row a caption of `split.captions`. Given, the
            batches carry embeddings in the captions' place.
        augmentation: What is done to a picture.
        start_step: The first step, at least 0: where an interrupted training goes on.
        num_shards: Into how many equal parts each global batch is cut.
        shard_index: Which part this dataset yields, in `[0, num_shards)`.
        prefetch: Batches prepared ahead.

    Returns:
        Dictionaries of tensors with b = B / num_shards rows: `image` float32 (b, H, W, 3) in
        [-1, 1]; `caption` and `mismatched`, strings (b,) or float32 (b, E); `label` int64 (b,), -1
        where there are no classes; `attributes` int64 (b, A).

    Raises:
        InputError: The split cannot fill the request (no pictures, one class only, a batch size
            that the shards do not divide, embeddings of another number of captions).
    """
    part = part_of(batch_size, num_shards, shard_index)
    pictures = augmented_pictures(split, batch_size, seed, augmentation, part)
    _check(split, embeddings)
    captions = _captions_of_batch(split, seed, embeddings)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        chosen = {name: value[part] for name, value in captions(step, rows).items()}
        return {"image": pictures(step, rows)[0], **chosen}

    order = visiting_order(len(split.labels), batch_size, seed=seed, start_step=start_step)
    return batches(order, load, prefetch)


def other_class_rows(
    labels: np.ndarray,
) -> Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]:
    """A function that draws, uniformly, a row of another class for each given row.

    Args:
        labels: int64 (N,); -1 stands for no class, and then only the row itself is excluded.

    Returns:
        `(rows (b,), uniform (b,) in [0, 1)) -> rows (b,)`.
    """
    groups = np.where(labels < 0, labels.max(initial=-1) + 1 + np.arange(len(labels)), labels)
    by_group = np.argsort(groups, kind="stable")
    _, group_of_row, counts = np.unique(groups, return_inverse=True, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    first, count = starts[group_of_row], counts[group_of_row]

    def draw(rows: "tf.Tensor", uniform: "tf.Tensor") -> "tf.Tensor":
        own_first, own_count = tf.gather(first, rows), tf.gather(count, rows)
        others = len(labels) - own_count
        place = scaled(uniform, others)
        place += tf.where(place >= own_first, own_count, 0)
        return tf.gather(by_group, place)

    return draw


def _check(split: Split, embeddings: np.ndarray | None) -> None:
    labelled = split.labels[split.labels >= 0]
    if len(split.labels) == 1 or (
        len(labelled) == len(split.labels) and len(np.unique(labelled)) == 1
    ):
        raise InputError(
            "The mismatched caption must come from another class, and the split has only one: "
            f"{len(split.labels)} picture(s) of "
            f"{[split.info.classes[i] for i in np.unique(labelled)] or 'no class'}. "
            "Prepare pictures of at least two classes, or leave the classes out."
        )
    if embeddings is not None and len(embeddings) != len(split.captions):
        raise InputError(
            f"There must be an embedding a caption. Received: {len(embeddings)} embeddings for "
            f"{len(split.captions)} captions."
        )


def _captions_of_batch(
    split: Split, seed: int, embeddings: np.ndarray | None
) -> Callable[["tf.Tensor", "tf.Tensor"], dict[str, "tf.Tensor"]]:
    """Everything of a batch but the pictures."""
    texts = tf.constant(split.captions if embeddings is None else embeddings)
    first = tf.constant(split.caption_starts[:-1])
    count = tf.constant(np.diff(split.caption_starts))
    labels, attributes = tf.constant(split.labels), tf.constant(split.attributes)
    partner_of = other_class_rows(split.labels)

    def caption_of(rows: "tf.Tensor", uniform: "tf.Tensor") -> "tf.Tensor":
        chosen = tf.gather(first, rows) + scaled(uniform, tf.gather(count, rows))
        return tf.gather(texts, chosen)

    def rows_of_batch(step: "tf.Tensor", indices: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        def uniform(name: str) -> "tf.Tensor":
            shape = tf.shape(indices)
            return tf.random.stateless_uniform(shape, stream(seed, name, step), dtype=tf.float64)

        partners = partner_of(indices, uniform("partner"))
        return {
            "caption": caption_of(indices, uniform("caption")),
            "mismatched": caption_of(partners, uniform("partner caption")),
            "label": tf.gather(labels, indices),
            "attributes": tf.gather(attributes, indices),
        }

    return rows_of_batch


def caption_batches(
    tokens: np.ndarray, labels: np.ndarray, batch_size: int, *, seed: int = 0, start_step: int = 0
) -> "tf.data.Dataset":
    """An endless dataset of captions and classes; every caption once an epoch.

    Args:
        tokens: (N, ...) a row a caption.
        labels: int64 (N,) its class.
        batch_size: Rows a batch.
        seed: Fixes the order.
        start_step: Where an interrupted training goes on.

    Returns:
        Dictionaries of `tokens` (B, ...) and `label` (B,).
    """
    all_tokens, all_labels = tf.constant(tokens), tf.constant(labels)
    order = visiting_order(len(labels), batch_size, seed=seed, start_step=start_step)

    def load(_: "tf.Tensor", rows: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        return {"tokens": tf.gather(all_tokens, rows), "label": tf.gather(all_labels, rows)}

    return batches(order, load, prefetch=2)
