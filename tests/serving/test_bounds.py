"""Requests that ask for too much: they are refused before work, and hold up nobody."""

import base64
import gzip
import io
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import psutil
import pytest
from PIL import Image

from serving.errors import ServingError
from serving.grpc_messages import read_predict_request
from serving.limits import Limits
from serving.protos import (
    predict_pb2,
    prediction_service_pb2_grpc,
    tensor_pb2,
    tensor_shape_pb2,
    types_pb2,
)
from serving.rest.reading import read_predict
from serving.tensors import proto
from tests.serving.busy import write_busy
from tests.serving.running import Running, wait_for

PREDICT = "/v1/models/default:predict"
PROMPT = 1.0  # seconds; a tenth of it on a machine with nothing else to do


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "busy"
    write_busy(base / "1")
    monitoring = tmp_path_factory.mktemp("config") / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = (f"--model_base_path={base}", f"--monitoring_config_file={monitoring}")
    with Running(*flags, "--max_connections=2000", grpc=True) as running:
        yield running


def memory(server):
    return psutil.Process(server.child.pid).memory_info().rss >> 20


_WATCH = """
import http.client, json, select, sys, time
slowest, statuses = 0.0, set()
while not select.select([sys.stdin], [], [], 0.05)[0]:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
    connection.request("GET", "/v1/models/default")
    statuses.add(connection.getresponse().status)
    connection.close()
    slowest = max(slowest, time.perf_counter() - started)
print(json.dumps([slowest, list(statuses)]))
"""


class Watch:
    """Asks for a model's state, from a process of its own; the slowest answer's seconds."""

    def __init__(self, server):
        words = [sys.executable, "-c", _WATCH, str(server.port)]
        self._child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        text, _ = self._child.communicate("end\n", timeout=90)
        self.slowest, self.statuses = json.loads(text)


def refused(server, body, words, headers=None):
    status, _, text = server.ask("POST", PREDICT, body, headers, timeout=60)
    assert (status, words in json.loads(text)["error"]) == (400, True), text


def test_bodies(server):
    refused(server, b" " * (33 << 20), "larger than 32 MB")
    zipped = gzip.compress(b" " * (33 << 20))
    refused(server, zipped, "larger than 32 MB", {"Content-Encoding": "gzip"})
    with socket.create_connection(("127.0.0.1", server.port), 10) as declared:
        declared.sendall(
            f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n".encode()
        )
        assert b" 400 " in declared.recv(1000)  # at once, not after the body


@pytest.mark.parametrize("part", ["[]", "1", '{"a":1}', '"a"'])
def test_leaves_of_json(server, part):
    with Watch(server) as watch:
        body = (
            b'{"instances":[' + b",".join([part.encode()] * ((30 << 20) // (len(part) + 1))) + b"]}"
        )
        refused(server, body, "more than 4194304 values")
    assert watch.slowest < PROMPT
    assert watch.statuses == [200]


def test_a_large_body_within_bounds_holds_up_nobody(server):
    body = b'{"instances":[' + b",".join([b"[]"] * (1 << 20)) + b"]}"
    with Watch(server) as watch:
        status, _, text = server.ask("POST", PREDICT, body, timeout=60)
    assert status == 400, text
    assert watch.slowest < PROMPT


def test_rows_and_pixels(server):
    refused(server, {"instances": [1] * 1025}, "1025 rows")
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    held = {"b64": base64.b64encode(bomb.getvalue()).decode()}
    asked = {"signature_name": "echo", "instances": [held]}
    started = time.perf_counter()
    refused(server, asked, "pixels")
    assert time.perf_counter() - started < PROMPT
    small = io.BytesIO()
    Image.new("L", (200, 200)).save(small, "PNG")
    held["b64"] = base64.b64encode(small.getvalue()).decode()
    assert server.ask("POST", PREDICT, asked)[0] == 200


def test_pictures_are_looked_at_where_bodies_are_read():
    # A header of thousands of parts takes a millisecond: elsewhere than in the event loop.
    bomb = io.BytesIO()
    Image.new("1", (5_000, 5_000)).save(bomb, "PNG")
    held = {"b64": base64.b64encode(bomb.getvalue()).decode()}
    body = json.dumps({"instances": [held]}).encode()
    with pytest.raises(ServingError, match="pixels"):
        read_predict(body, {"serving_default": {"image_bytes": "DT_STRING"}}, Limits())
    request = predict_pb2.PredictRequest()
    request.inputs["image_bytes"].CopyFrom(proto(np.array([bomb.getvalue()], object)))
    with pytest.raises(ServingError, match="pixels"):
        read_predict_request(request.SerializeToString(), Limits())


TensorProto = tensor_pb2.TensorProto
LARGE = tensor_shape_pb2.TensorShapeProto(dim=[{"size": 400_000_000}])
REPEATED = tensor_shape_pb2.TensorShapeProto(dim=[{"size": 100_000}])


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (TensorProto(dtype=1, float_val=[1.0], tensor_shape=LARGE), "elements"),
        (TensorProto(dtype=7, string_val=[b"a"], tensor_shape=LARGE), "elements"),
        (TensorProto(dtype=1, float_val=[1.0], tensor_shape=REPEATED), "elements"),
        (TensorProto(dtype=20), "DT_RESOURCE"),
        (TensorProto(dtype=21), "DT_VARIANT"),
    ],
)
def test_tensors_of_grpc(server, tensor, words):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    request.inputs["steps"].CopyFrom(tensor)
    before = memory(server)
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError, match=words) as caught:
            stub.Predict(request, timeout=10)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert memory(server) - before < 50


def test_texts(server):
    body = {"signature_name": "echo", "instances": [["a"] * 100_000]}
    with Watch(server) as watch:
        refused(server, body, "100000 texts")
    assert watch.slowest < PROMPT


def test_large_messages_of_grpc_hold_up_nobody(server):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    request.inputs["steps"].dtype = types_pb2.DT_STRING
    request.inputs["steps"].string_val.extend([b""] * (1 << 22))
    request.inputs["steps"].tensor_shape.dim.add(size=1 << 22)
    with (
        Watch(server) as watch,
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(request, timeout=60)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert watch.slowest < PROMPT


def test_many_small_tensors_of_large_shapes(server):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    for number in range(200):
        tensor = request.inputs[f"input-{number}"]
        tensor.dtype = types_pb2.DT_COMPLEX128
        tensor.dcomplex_val.extend([1.0, 0.0])
        tensor.tensor_shape.dim.add(size=60_000)  # none of them is too large by itself
    before = memory(server)
    with (
        Watch(server) as watch,
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError, match="The inputs have 12000000 elements"):
            stub.Predict(request, timeout=20)
    assert watch.slowest < PROMPT
    assert memory(server) - before < 50


def test_bursts_of_large_bodies_are_all_answered(server):
    body = json.dumps({"instances": [1], "other": "x" * 100_000})

    def ask(_):
        return server.ask("POST", PREDICT, body, timeout=60)[0]

    with ThreadPoolExecutor(30) as clients:
        for size in (1, 3, 30, 200, 30):
            assert set(clients.map(ask, range(size))) == {200}


def test_calls_that_only_begin_keep_nobody_out(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        begun = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
        stop = threading.Event()

        def nothing():
            stop.wait(30)
            yield from ()

        calls = [begun.future(nothing(), timeout=30) for _ in range(300)]
        try:
            with grpc.insecure_channel(
                f"127.0.0.1:{server.grpc_port}", options=[("grpc.use_local_subchannel_pool", 1)]
            ) as other:
                request = predict_pb2.PredictRequest()
                request.model_spec.name = "default"
                request.inputs["steps"].CopyFrom(proto(np.array([1], "int32")))
                stub = prediction_service_pb2_grpc.PredictionServiceStub(other)
                assert stub.Predict(request, timeout=20).outputs["value"].int_val == [1]
        finally:
            stop.set()
            for call in calls:
                call.cancel()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"instances":' + b"[" * 70 + b"1" + b"]" * 70 + b"}", "64 dimensions"),
        (b'{"examples":[{"\\ud800":1}]}', "surrogate"),
        (b'{"examples":[{"a":1}],"context":{"\\udfff":1}}', "surrogate"),
    ],
)
def test_faults_of_clients_are_said_so(server, body, words):
    path = PREDICT if b"instances" in body else "/v1/models/default:classify"
    status, _, text = server.ask("POST", path, body)
    assert (status, words in json.loads(text)["error"]) == (400, True), text


def test_nothing_may_follow_a_gzip(server):
    zipped = gzip.compress(b'{"instances":[1]}')
    assert server.ask("POST", PREDICT, zipped, {"Content-Encoding": "gzip"})[0] == 200
    more = zipped + b"x" * 1000
    refused(server, more, "after the end of its gzip", {"Content-Encoding": "gzip"})


def test_connections_that_wait_hold_up_nobody(server):
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode()
    idle = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(700)]
    try:
        for connection in idle:
            connection.sendall(head)
        with Watch(server) as watch:
            assert server.ask("POST", PREDICT, {"instances": [1]})[0] == 200
            time.sleep(1.0)
        assert watch.slowest < PROMPT
        assert watch.statuses == [200]
    finally:
        for connection in idle:
            connection.close()


def test_trailers_are_bounded(server):
    before, sent = memory(server), 0
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\n{}\r\n0\r\n".encode()
        )
        line = b"X-0: " + b"y" * 60_000 + b"\r\n"
        try:
            while sent < 100 << 20:
                connection.sendall(line)
                sent += len(line)
        except OSError:  # the server has closed the connection
            pass
    assert sent < 10 << 20
    assert memory(server) - before < 20


def test_gzip_that_never_ends_holds_up_nobody(server):
    bomb = gzip.compress(bytes(31 << 20))
    head = (
        f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(bomb)}\r\n\r\n"
    )
    before = memory(server)
    held = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(40)]
    try:
        with Watch(server) as watch:
            for connection in held:
                connection.sendall(head.encode() + bomb[:-20])
            time.sleep(4.0)
            # They hold what there is for bodies; a small one is answered nevertheless.
            assert server.ask("POST", PREDICT, {"instances": [1]})[0] == 200
            large = {"instances": [1], "other": "x" * (10 << 20)}
            wait_for(lambda: server.ask("POST", PREDICT, large)[0] == 503)
        assert watch.slowest < PROMPT
        assert memory(server) - before < 400  # 256 MB of bodies, and what is at work
    finally:
        for connection in held:
            connection.close()


def test_unknown_names_are_not_counted(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = predict_pb2.PredictRequest()
        for number in range(300):
            request.model_spec.name = f"unknown-{number}"
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request, timeout=10)
            assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        request.model_spec.name = "default"
        request.inputs["steps"].CopyFrom(proto(np.array([1], "int32")))
        assert stub.Predict(request, timeout=10).outputs["value"].int_val == [1]
    text = server.ask("GET", "/monitoring/prometheus/metrics")[2].decode()
    assert "unknown-" not in text
    assert 'model_name="default"' in text


def test_an_address_has_so_many_connections(tmp_path):
    write_busy(tmp_path / "busy" / "1")
    flags = (f"--model_base_path={tmp_path / 'busy'}", "--max_connections=5")
    with Running(*flags) as running:
        open_ones = [socket.create_connection(("127.0.0.1", running.port), 5) for _ in range(5)]
        with socket.create_connection(("127.0.0.1", running.port), 5) as further:
            assert b"Too many connections" in further.recv(1000)
        open_ones.pop().close()
        time.sleep(0.3)
        assert running.ask("GET", "/v1/models/default")[0] == 200
        for connection in open_ones:
            connection.close()


def test_a_client_that_closes_its_half_is_answered(server):
    body = b'{"instances":[1]}'
    with socket.create_connection(("127.0.0.1", server.port), 10) as half:
        half.sendall(
            f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        half.shutdown(socket.SHUT_WR)
        assert b'"predictions":[1]' in b"".join(iter(lambda: half.recv(1000), b""))
