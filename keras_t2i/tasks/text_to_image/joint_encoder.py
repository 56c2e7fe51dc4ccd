"""The structured joint objective: captions beside the pictures that they describe."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import DownTrunk
from keras_t2i.text.encoder import TextEncoder
from keras_t2i.training.tracked_model import TrackedModel
from keras_t2i.training.train_state import Objective, TrainState


class ImageEncoder(BuiltByCall, keras.Model):
    """A picture's embedding, by strided convolutions and the mean over places.

    Args:
        channels: Widths of the convolutions.
        embedding_dim: Width of the embedding.
    """

    def __init__(self, channels: tuple[int, ...], embedding_dim: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._trunk = DownTrunk(channels)
        self._embedding = keras.layers.Dense(embedding_dim, dtype="float32")

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → embeddings float32 (N, E)."""
        last = self._trunk(images, training=training)[-1]
        return self._embedding(ops.mean(ops.cast(last, "float32"), axis=(1, 2)))


class JointEncoder(TrackedModel):
    """A caption's embedding is to fit its picture better than any other class's, and the reverse.

    Reed et al. 2016 (CVPR), eq. 3–6, with margin 1, over the pairs of a batch:

        Σ_{i, j: y_i ≠ y_j} max(0, 1 + F_ij − F_ii) + max(0, 1 + F_ji − F_ii)

    with F_ij = φ(v_i) · ϕ(t_j), the mean over the pairs.

    Args:
        text: Text encoder ϕ, whose class head is not used.
        image_encoder: Image encoder φ.
        optimizer: Optimizer of both networks.
    """

    def __init__(
        self, text: TextEncoder, image_encoder: ImageEncoder, optimizer: keras.optimizers.Optimizer
    ) -> None:
        super().__init__()
        self.text, self.image_encoder = text, image_encoder
        text(ops.zeros((1, text.length), dtype="int32"))
        text.leave_out_species()
        image_encoder(ops.zeros((1, 64, 64, 3)))
        self.train_state = TrainState([text, image_encoder], optimizer)
        self.ready(("structured_joint_loss", *text.term_names, "accuracy", "gradient_norm"))

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One step on a batch of `image`, `tokens` and `label`."""

        def objective() -> Objective:
            text_embedding = self.text.encode(data["tokens"], training=True)["embedding"]
            scores = tf.matmul(
                self.image_encoder(data["image"], training=True), text_embedding, transpose_b=True
            )
            terms = {
                "structured_joint_loss": structured_joint_loss(scores, data["label"]),
                **self.text.recall(text_embedding, data["tokens"]),
            }
            return Objective(terms, {"accuracy": matched(scores, data["label"])})

        values, norm = self.train_state.minimize(objective)
        return self.track(values.terms | values.seen | {"gradient_norm": norm})

    def see(self, images: tf.Tensor) -> tf.Tensor:
        """Pictures (N, S, S, 3) in [−1, 1] → embeddings float32 (N, E), without training."""
        return self.image_encoder(images, training=False)

    def drawing_parts(self) -> dict[str, Any]:
        """The captions' encoder, and that of pictures, by which a generator can be judged."""
        return {**self.text.drawing_parts(), "image": self.image_encoder}

    def trained_parts(self) -> dict[str, Any]:
        """Weights of both, optimizer, step."""
        return {"model": self, "optimizer": self.train_state.optimizer}


def structured_joint_loss(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The structured loss of scores (N, N), pictures × captions, and classes (N,)."""
    own = tf.linalg.diag_part(scores)
    others = tf.cast(labels[:, None] != labels, scores.dtype)
    by_picture = tf.nn.relu(1.0 + scores - own[:, None])
    by_caption = tf.nn.relu(1.0 + scores - own[None, :])
    pairs = tf.maximum(tf.reduce_sum(others), 1.0)
    return tf.reduce_sum(others * (by_picture + by_caption)) / pairs


def matched(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The share of captions whose best picture of a batch is of their class."""
    best = tf.gather(labels, tf.argmax(scores, axis=0))
    return tf.reduce_mean(tf.cast(best == labels, tf.float32))
