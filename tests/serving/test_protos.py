"""Messages without TensorFlow, and beside it."""

import subprocess
import sys

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving import protos

_CHILD = """
import sys
from pathlib import Path

from serving import protos

assert "tensorflow" not in sys.modules
assert "libtensorflow" not in Path("/proc/self/maps").read_text()
request = protos.predict_pb2.PredictRequest()
request.inputs["x"].CopyFrom(protos.tensor_pb2.TensorProto(dtype=1, float_val=[2.0]))
request.inputs["x"].tensor_shape.dim.add(size=1)
request = protos.predict_pb2.PredictRequest.FromString(request.SerializeToString())

import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

assert "libtensorflow" in Path("/proc/self/maps").read_text()
assert tensor_pb2.TensorProto is protos.tensor_pb2.TensorProto
assert type(tf.make_tensor_proto(1)) is protos.tensor_pb2.TensorProto
assert tf.make_ndarray(request.inputs["x"]).tolist() == [2.0]
module = tf.Module()
module.double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None])])
tf.saved_model.save(module, sys.argv[1], module.double.get_concrete_function())
loaded = protos.saved_model_pb2.SavedModel.FromString(
    Path(sys.argv[1], "saved_model.pb").read_bytes()
)
assert loaded.meta_graphs[0].signature_def["serving_default"].inputs["x"].dtype == 1
"""


def test_messages_come_without_tensorflow_which_can_be_imported_afterwards(tmp_path):
    words = [sys.executable, "-c", _CHILD, str(tmp_path / "model")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_beside_tensorflow_they_are_its_own():
    assert sys.modules["tensorflow"] is tf
    assert protos.predict_pb2 is predict_pb2
    assert type(tf.make_tensor_proto(1)) is protos.tensor_pb2.TensorProto
