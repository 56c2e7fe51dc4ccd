"""An exported model's answers from TensorFlow's C library, in a process without Python's."""

import base64
import io
import json
import os
import subprocess
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

_SETUP = """
import base64, json, sys
import numpy as np
from serving.c_api import CApiError, SavedModel
def array(dtype, values):
    if dtype == "object":
        return np.array([base64.b64decode(v) for v in values], object)
    return np.array(values, dtype)
def plain(r):
    return [base64.b64encode(v).decode() for v in r.ravel()] if r.dtype == object else r.tolist()
def run(model, call):
    inputs = {tensor: array(*value) for tensor, value in call["inputs"].items()}
    results = model.run(inputs, list(call["outputs"].values()))
    return {key: plain(r) for key, r in zip(call["outputs"], results)}
def refusal(model, call):
    try:
        run(model, call)
    except CApiError as error:
        return str(error)
    return ""
"""
_ANSWERS = f"""{_SETUP}
everything = []
for asked in json.load(sys.stdin):
    model = SavedModel(asked["model"])
    everything.append({{name: run(model, call) for name, call in asked["calls"].items()}})
assert "tensorflow" not in sys.modules
print(json.dumps(everything))
"""
_REFUSALS = f"""{_SETUP}
asked = json.load(sys.stdin)
model = SavedModel(asked["model"])
print(json.dumps([refusal(model, call) for call in asked["calls"]]))
"""


def answers_of(version, calls):
    """What the C library answers to every signature; `calls` has inputs by signature and name."""
    signatures = tf.saved_model.load(str(version)).signatures
    assert set(signatures) == set(calls)
    return all_answers([(version, calls)])[0]


def all_answers(asked, library=None):
    """What it answers to some signatures of each of several models: pairs (version, calls).

    The library is that of this TensorFlow, or of the one in a folder.
    """
    jobs = [{"model": str(version), "calls": _calls(version, calls)} for version, calls in asked]
    return _asked(_ANSWERS, jobs, library)


def refusals_of(version, asked, library=None):
    """Messages of the C library for calls, pairs of signature and inputs; "" where it answers."""
    signatures = tf.saved_model.load(str(version)).signatures
    calls = [_call(version, signatures, name, inputs) for name, inputs in asked]
    return _asked(_REFUSALS, {"model": str(version), "calls": calls}, library)


def _asked(program, jobs, library):
    # A folder of PYTHONPATH comes before those that are installed.
    paths = [str(path) for path in (library, os.environ.get("PYTHONPATH")) if path]
    child = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(jobs), capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout)


def _calls(version, calls):
    signatures = tf.saved_model.load(str(version)).signatures
    return {name: _call(version, signatures, name, inputs) for name, inputs in calls.items()}


def _call(version, signatures, name, inputs):
    _, specs = signatures[name].structured_input_signature
    assert set(specs) == set(inputs)
    return {
        "inputs": {
            f"{name}_{key}:0": _as_json(specs[key].dtype, values) for key, values in inputs.items()
        },
        "outputs": output_tensors(version, name),
    }


def _as_json(dtype, values):
    if dtype != tf.string:
        return dtype.name, values
    texts = [value if isinstance(value, bytes) else value.encode() for value in values]
    return "object", [base64.b64encode(text).decode() for text in texts]


def output_tensors(version, name):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((version / "saved_model.pb").read_bytes())
    outputs = model.meta_graphs[0].signature_def[name].outputs
    return {key: tensor.name for key, tensor in outputs.items()}


def pictures(answer):
    return np.stack(
        [np.asarray(Image.open(io.BytesIO(base64.b64decode(v)))) for v in answer["image_bytes"]]
    )
