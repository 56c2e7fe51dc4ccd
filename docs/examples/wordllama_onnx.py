"""WordLlama's word vectors as an ONNX sentence encoder.

    pip download --no-deps wordllama==0.4.0.post1
    python wordllama_onnx.py wordllama-*.whl encoders/wordllama

Its wheel holds 32,000 vectors of 256 numbers, one for each token, and the tokenizer. A caption's
embedding is the mean of its tokens' vectors, whatever their order.
"""

import json
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load

VECTORS = "wordllama/weights/l2_supercat_256.safetensors"
TOKENIZER = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"


def convert(wheel: Path, out: Path) -> None:
    """Write `model.onnx` and `tokenizer.json`.

    Args:
        wheel: The wheel of WordLlama.
        out: Folder to write into.
    """
    with ZipFile(wheel) as held:
        vectors = load(held.read(VECTORS))["embedding.weight"].astype(np.float32)
        tokenizer = json.loads(held.read(TOKENIZER))
    out.mkdir(parents=True, exist_ok=True)
    # WordLlama reads captions without the mark of a beginning.
    (out / "tokenizer.json").write_text(json.dumps({**tokenizer, "post_processor": None}))
    shape = ["captions", "tokens"]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["vectors", "input_ids"], ["token_embeddings"])],
        "wordllama",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, shape)],
        [
            helper.make_tensor_value_info(
                "token_embeddings", TensorProto.FLOAT, [*shape, vectors.shape[1]]
            )
        ],
        [numpy_helper.from_array(vectors, "vectors")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), out / "model.onnx")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
