"""A given sentence encoder with a fitted change of coordinates."""

from typing import Any

import numpy as np
import tensorflow as tf

from keras_t2i.networks.traced import traced
from keras_t2i.text.frozen.sentence_model import SentenceModel
from keras_t2i.text.sentence_encoder import SentenceEncoder
from keras_t2i.training.tracked_model import Holder

_BLOCK = 16_384  # rows that are held in float64 at a time


class FrozenEncoder(SentenceEncoder):
    """Captions → features of the given encoder → their principal components.

    Captions of one kind of thing lie close together in a general encoder's space. The embedding is
    e = (f − μ) P: the E directions in which the training captions' features f vary most, with one
    scale for all, so that a coordinate's mean square is 1. Distances keep their proportions within
    these directions.

    A caption is its only token, so its "attention" is 1.

    Args:
        model: The given encoder, of width F.
        embedding_dim: Width E of the embedding, at most F.
    """

    def __init__(self, model: SentenceModel, embedding_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._model, self.embedding_dim = model, embedding_dim
        shapes = {"mean": (model.width,), "axes": (model.width, embedding_dim)}
        self._mean, self._axes = (
            self.add_weight(shape=shape, dtype="float32", trainable=False, name=name)
            for name, shape in shapes.items()
        )
        self.ready(())

    @property
    def in_graph(self) -> bool:
        """Whether an exported model can hold the given encoder."""
        return self._model.in_graph

    @property
    def resources(self) -> list[Any]:
        """Objects that an export must track to hold the given encoder."""
        return self._model.resources

    @property
    def features_dim(self) -> int:
        """Width F of the features."""
        return self._model.width

    @traced
    def features(self, captions: tf.Tensor) -> tf.Tensor:
        """Features float32 (N, F) of captions, strings (N,), by a graph."""
        return self._model(captions)

    def projected(self, features: Any) -> Any:
        """Embeddings float32 (N, E) of features (N, F)."""
        return tf.matmul(features - self._mean, self._axes)

    def fit_axes(self, features: np.ndarray) -> float:
        """Fit the change of coordinates to training captions.

        Args:
            features: Features of the captions, float32 (captions, F).

        Returns:
            Share of their variance that the embedding keeps, in (0, 1].
        """
        mean, axes, share = principal_axes(features, self.embedding_dim)
        self._mean.assign(mean)
        self._axes.assign(axes)
        return share

    def encode(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """Encode captions, strings (N, 1); see `SentenceEncoder.encode`."""
        return {
            "embedding": self.projected(self._model(tokens[:, 0])),
            "attention": tf.ones_like(tokens, tf.float32)[..., None],
            "mask": tf.ones_like(tokens, tf.bool),
        }

    def trained_parts(self) -> dict[str, Any]:
        """The change of coordinates and the step."""
        return {"model": self}

    def drawing_parts(self) -> dict[str, Any]:
        """The change of coordinates."""
        return {"axes": Holder([self._mean, self._axes])}


def principal_axes(features: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The directions in which features vary most.

    Args:
        features: Features, float (N, F).
        width: Number E of directions, at most F.

    Returns:
        Mean (F,); directions (F, E), scaled so that the mean square of (f − mean) @ directions is
        1; share of the variance in these directions.

    Raises:
        ValueError: Features that are not finite, or all the same.
    """
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(features), _BLOCK)]
    mean = features.mean(0, dtype="float64")
    covariance = np.zeros((len(mean), len(mean)))
    for block in blocks:
        centred = features[block] - mean
        covariance += centred.T @ centred / len(features)
    if not np.isfinite(covariance).all():
        raise ValueError("the embedding of a training caption is not finite")
    variances, axes = np.linalg.eigh(covariance)  # ascending
    kept, axes = np.maximum(variances[::-1][:width], 0.0), axes[:, ::-1][:, :width]
    if kept.sum() <= 1e-12:
        raise ValueError("the embeddings of all training captions are the same")
    signs = np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])  # else it is of chance
    scale = np.sqrt(len(kept) / kept.sum())
    return mean, axes * signs * scale, float(kept.sum() / np.maximum(variances, 0.0).sum())
