"""Small requests that would make much work: they are refused before it, and hold up nobody."""

import json
import time

import grpc
import numpy as np
import pytest

from serving.grpc_messages import read_multi_inference_request, read_predict_request
from serving.limits import Limits
from serving.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from serving.tensors import proto
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running
from tests.serving.test_bounds import PROMPT, Watch

CLASSIFY = "tensorflow/serving/classify"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_half_plus_two(folder / "half" / "1")
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    flags = (
        f"--model_base_path={folder / 'half'}",
        f"--monitoring_config_file={folder / 'monitoring.config'}",
    )
    with Running(*flags, grpc=True) as running:
        yield running


@pytest.fixture
def stub(server):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", options) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(outputs=()):
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name = "default"
    request.inputs["x"].CopyFrom(proto(np.array([[2.0]], "float32")))
    return request


def examples(count, context=0, kind=classification_pb2.ClassificationRequest, name="classify"):
    request = kind()
    request.model_spec.name, request.model_spec.signature_name = "default", f"{name}_x_to_y"
    held = request.input.example_list
    if context:
        held = request.input.example_list_with_context
        for number in range(context):
            held.context.features.feature[f"{number}"].float_list.value.append(1.0)
    first = held.examples.add()
    first.features.feature["x"].float_list.value.append(2.0)
    held.examples.extend([first] * (count - 1))
    return request


def in_context():
    context = {f"{number}": 1.0 for number in range(30_000)}
    return {"context": context, "examples": [{"x": 1.0}] * 1000}


def many_features():
    request = examples(1)
    features = request.input.example_list.examples[0].features
    for number in range(100_000):
        features.feature[f"{number}"].SetInParent()
    return request


def many_fields():
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["x"] * 300_000)
    request.model_spec.name = "default"
    return request


def many_inputs():
    request, one = predict_request(), proto(np.float32(1.0))
    for number in range(100_000):
        request.inputs[f"{number}"].CopyFrom(one)
    return request


@pytest.mark.parametrize(
    ("method", "request_of", "words"),
    [
        ("Classify", lambda: examples(1000, context=30_000), "30001000 texts"),
        ("Classify", lambda: examples(100_000), "100000 rows"),
        ("Classify", many_features, "100001 texts"),
        ("Predict", lambda: predict_request(["y"] * 900), "duplicate output tensor alias: y"),
        ("Predict", lambda: predict_request(["y"] * 100_000), "at most 1000"),
        ("Predict", many_inputs, "at most 1000"),
        ("GetModelMetadata", many_fields, "256 kB"),
    ],
)
def test_over_grpc(server, stub, method, request_of, words):
    request = request_of()
    with Watch(server) as watch, pytest.raises(grpc.RpcError) as caught:
        getattr(stub, method)(request, timeout=20)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in caught.value.details()
    assert watch.slowest < PROMPT


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (in_context, "30001000 texts"),
        (lambda: {"examples": [{"x": 1.0}] * 20_000}, "20000 rows"),
    ],
)
def test_over_rest(server, body, words):
    asked = {"signature_name": "classify_x_to_y", **body()}
    with Watch(server) as watch:
        status, _, text = server.ask("POST", "/v1/models/default:classify", asked)
    assert (status, words in json.loads(text)["error"]) == (400, True), text
    assert watch.slowest < PROMPT


def test_a_context_is_in_each_example_and_its_own_values_hold(server, stub):
    request = examples(2, 3, regression_pb2.RegressionRequest, "regress")
    held = request.input.example_list_with_context
    held.context.features.feature["x"].float_list.value.append(10.0)
    del held.examples[1].features.feature["x"]
    values = [one.value for one in stub.Regress(request, timeout=20).result.regressions]
    assert values == [3.0, 7.0]
    body = {"signature_name": "regress_x_to_y", "context": {"x": 10.0}}
    body["examples"] = [{"x": 2.0}, {}]
    _, _, text = server.ask("POST", "/v1/models/default:regress", body)
    assert json.loads(text) == {"results": [3.0, 7.0]}


def test_reading_takes_time_in_proportion():
    tasks = inference_pb2.MultiInferenceRequest()
    for number in range(20_000):
        task = tasks.tasks.add(method_name=CLASSIFY)
        task.model_spec.name, task.model_spec.signature_name = "default", f"{number}"
    shape = predict_request()
    sizes = shape.inputs["x"].tensor_shape.dim
    sizes.extend([type(sizes[0])(size=2**62)] * 100_000)
    for read, request in ((read_multi_inference_request, tasks), (read_predict_request, shape)):
        data, started = request.SerializeToString(), time.perf_counter()
        with pytest.raises(Exception, match="at most"):
            read(data, Limits())
        assert time.perf_counter() - started < PROMPT


def test_each_request_is_counted_once_whatever_becomes_of_it(server, stub):
    def counts():
        text = server.ask("GET", "/monitoring/prometheus/metrics")[2].decode()
        lines = [line for line in text.splitlines() if "request_count{" in line]
        return {line.split('status="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}

    before = counts()
    assert server.predict([1.0])[0] == 200
    assert server.predict(["?"])[0] == 400
    stub.Predict(predict_request(), timeout=20)
    wrong = predict_request()
    wrong.inputs["x"].dtype = 20  # DT_RESOURCE
    for ask, request in ((stub.Predict, wrong), (stub.Classify, examples(5000))):
        with pytest.raises(grpc.RpcError):
            ask(request, timeout=20)
    after = counts()
    assert after["OK"] - before.get("OK", 0.0) == 2
    assert after["INVALID_ARGUMENT"] - before.get("INVALID_ARGUMENT", 0.0) == 3
