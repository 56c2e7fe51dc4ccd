"""The embedded server, as a process."""

import gzip
import http.client
import json
import shutil
import signal
import socket
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.__main__ import main
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running, wait_for

NAME = "saved_model_half_plus_two_2_versions"


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "half"
    write_half_plus_two(base / "123")
    return base


@pytest.fixture(scope="module")
def server(half, tmp_path_factory):
    folder = tmp_path_factory.mktemp("config")
    (folder / "models.config").write_text(
        f'model_config_list {{ config {{ name: "{NAME}" base_path: "{half}" '
        'model_platform: "tensorflow" version_labels { key: "Version_Label" value: 123 } } }'
    )
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    flags = (
        f"--model_config_file={folder / 'models.config'}",
        f"--monitoring_config_file={folder / 'monitoring.config'}",
        "--rest_api_enable_cors_support=true",
    )
    with Running(*flags, grpc=True) as running:
        yield running


def test_every_end_to_end_vector(server, vectors):
    cases = vectors["http_end_to_end"]["cases"]
    assert len(cases) == 36
    for case in cases:
        expect = case["expect"]
        status, headers, body = server.ask(case["http_method"], case["path"], case["request"])
        assert status == expect["http_status"], (case["id"], body)
        assert headers["Content-Type"] == "application/json"
        if "error_contains" in expect:
            assert expect["error_contains"].lower() in json.loads(body)["error"].lower(), case["id"]
        if "body" in expect:
            assert json.loads(body) == json.loads(expect["body"]), case["id"]


def test_what_the_vectors_leave_out(server):
    path = f"/v1/models/{NAME}"
    assert server.ask("GET", path.upper().replace(NAME.upper(), NAME))[0] == 200
    assert server.ask("GET", "/V1/MODELS/x:Predict")[0] == 400
    assert server.ask("GET", f"{path}?x=1")[0] == 400
    assert server.ask("GET", "/")[0] == 404
    assert server.ask("PUT", path)[0] == 400
    status, body = server.predict([[1.0]], NAME, signature_name="nothing")
    assert (status, "not found" in body["error"]) == (400, True)
    status, body = server.predict([[1.0], [2.0, 3.0]], NAME)
    assert status == 400
    assert "Expecting tensor size" in body["error"]
    status, _, body = server.ask("POST", f"{path}:predict", {"signature_name": "regress_x_to_y"})
    assert status == 400
    status, _, body = server.ask(
        "POST", f"{path}:classify",
        {"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}]},
    )  # fmt: skip
    assert (status, b"method_name" in body) == (400, True)
    status, _, body = server.ask(
        "POST", f"{path}:regress", {"signature_name": "regress_x_to_y", "examples": [{"z": 1.0}]}
    )
    assert status == 400
    assert b"Feature: x" in body, body


def test_gzip_cors_and_metrics(server):
    path = f"/v1/models/{NAME}:predict"
    zipped = gzip.compress(b'{"instances":[[4.0]]}')
    status, _, body = server.ask("POST", path, zipped, {"Content-Encoding": "gzip"})
    assert (status, json.loads(body)) == (200, {"predictions": [[4.0]]})
    assert server.ask("POST", path, zipped[:-4], {"Content-Encoding": "gzip"})[0] == 400
    assert server.ask("POST", path, b"no gzip", {"Content-Encoding": "gzip"})[0] == 400
    assert server.ask("POST", path, b"{}", {"Content-Encoding": "br"})[0] == 400
    bomb = gzip.compress(bytes(200 << 20))
    status, _, body = server.ask("POST", path, bomb, {"Content-Encoding": "gzip"})
    assert (status, b"larger than 32 MB" in body) == (400, True)
    asked = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    status, headers, _ = server.ask("OPTIONS", path, headers=asked)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    server.predict([[1.0]], NAME)
    text = server.ask("GET", "/monitoring/prometheus/metrics")[2].decode()
    assert f':tensorflow:serving:request_count{{model_name="{NAME}",status="OK"}}' in text
    labels = f'API="predict",entrypoint="REST",le="+Inf",model_name="{NAME}"'
    assert f":tensorflow:serving:request_latency_bucket{{{labels}}}" in text


def test_grpc(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = predict_pb2.PredictRequest()
        request.model_spec.name = NAME
        request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.array([[1.0], [2.0]], "float32")))
        answer = stub.Predict(request, timeout=20)
        np.testing.assert_allclose(tf.make_ndarray(answer.outputs["y"]), [[2.5], [3.0]])
        assert answer.model_spec.version.value == 123
        request.model_spec.version_label = "Version_Label"
        assert stub.Predict(request, timeout=20).model_spec.version.value == 123
        for change, code in (
            (lambda r: setattr(r.model_spec, "name", "none"), grpc.StatusCode.NOT_FOUND),
            (
                lambda r: setattr(r.model_spec, "version_label", "none"),
                grpc.StatusCode.INVALID_ARGUMENT,
            ),
            (lambda r: r.inputs.clear(), grpc.StatusCode.INVALID_ARGUMENT),
            (lambda r: r.output_filter.append("z"), grpc.StatusCode.INVALID_ARGUMENT),
        ):
            wrong = predict_pb2.PredictRequest()
            wrong.CopyFrom(request)
            change(wrong)
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(wrong, timeout=20)
            assert caught.value.code() == code
        regress = regression_pb2.RegressionRequest()
        regress.model_spec.name, regress.model_spec.signature_name = NAME, "regress_x_to_y"
        example = regress.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(80.0)
        assert stub.Regress(regress, timeout=20).result.regressions[0].value == 42.0
        metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        metadata.model_spec.name = NAME
        held = get_model_metadata_pb2.SignatureDefMap()
        stub.GetModelMetadata(metadata, timeout=20).metadata["signature_def"].Unpack(held)
        assert "serving_default" in held.signature_def
        states = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(
            get_model_status_pb2.GetModelStatusRequest(model_spec=metadata.model_spec), timeout=20
        )
        assert [(s.version, s.state) for s in states.model_version_status] == [(123, 30)]


def task(request, method, signature, name=NAME):
    one = request.tasks.add(method_name=f"tensorflow/serving/{method}")
    one.model_spec.name, one.model_spec.signature_name = name, signature


def test_several_signatures_on_the_same_examples(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def ask(*tasks):
            request = inference_pb2.MultiInferenceRequest()
            for one in tasks:
                task(request, *one)
            for x in (80.0, 20.0):
                example = request.input.example_list.examples.add()
                example.features.feature["x"].float_list.value.append(x)
            return stub.MultiInference(request, timeout=20)

        regress, classify = ("regress", "regress_x_to_y"), ("classify", "classify_x_to_y")
        first, second = ask(regress, classify).results
        assert [one.value for one in first.regression_result.regressions] == [42.0, 12.0]
        rows = second.classification_result.classifications
        assert [(one.classes[0].label, one.classes[0].score) for one in rows] == [
            ("", 42.0), ("", 12.0),
        ]  # fmt: skip
        assert first.model_spec.signature_name == "regress_x_to_y"
        assert first.model_spec.version.value == 123
        wrong = {
            "INVALID_ARGUMENT ModelSpec has no name specified": (),
            "INVALID_ARGUMENT empty model name": (("regress", "regress_x_to_y", ""),),
            "INVALID_ARGUMENT must access the same model name": (regress, (*classify, "other")),
            "INVALID_ARGUMENT Duplicate evaluation of signature: regress_x": (
                regress, regress,
            ),
            "INVALID_ARGUMENT Input tensor must be the same": (
                regress, ("regress", "regress_x2_to_y3"),
            ),
            "INVALID_ARGUMENT Expected regression signature method_name to be": (
                ("regress", "serving_default"),
            ),
            "UNIMPLEMENTED Unsupported signature method_name: tensorflow/serving/predict": (
                ("predict", "serving_default"),
            ),
            "NOT_FOUND Servable not found": (("regress", "regress_x_to_y", "none"),),
        }  # fmt: skip
        for line, tasks in wrong.items():
            code, _, words = line.partition(" ")
            with pytest.raises(grpc.RpcError) as caught:
                ask(*tasks)
            assert (caught.value.code().name, words in caught.value.details()) == (code, True), line


def test_the_version_is_shown(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["serving", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    library = capsys.readouterr().out.splitlines()[1]
    assert library == f"TensorFlow Library: {tf.__version__}"


def versions(running):
    body = json.loads(running.ask("GET", "/v1/models/default")[2])
    return {s["version"]: s["state"] for s in body["model_version_status"]}


def test_new_versions_replace_old_ones_while_requests_run(half, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(half / "123", base / "1")
    write_half_plus_two(tmp_path / "next", add=10.0)
    failures, answers, stop = [], set(), threading.Event()

    def ask():
        while not stop.is_set():
            status, body = running.predict([[0.0]])
            answers.add(body.get("predictions", [[None]])[0][0])
            if status != 200:
                failures.append(body)

    flags = (f"--model_base_path={base}", "--file_system_poll_wait_seconds=0.1")
    with Running(*flags) as running:
        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        (base / "2").mkdir()  # a folder that is not whole yet
        wait_for(lambda: versions(running).get("2") == "END")
        assert versions(running)["1"] == "AVAILABLE"
        shutil.copytree(tmp_path / "next", base / "2", dirs_exist_ok=True)
        wait_for(lambda: versions(running).get("2") == "AVAILABLE")
        wait_for(lambda: 10.0 in answers)
        # The old version ends a moment later; the next look at the folder forgets it.
        wait_for(lambda: versions(running).get("1", "END") == "END")
        assert (
            running.ask("POST", "/v1/models/default/versions/1:predict", {"instances": [1]})[0]
            == 404
        )
        shutil.rmtree(base)  # the folder disappears: what is loaded goes on
        time.sleep(0.5)
        assert running.predict([[0.0]]) == (200, {"predictions": [[10.0]]})
        stop.set()
        for client in clients:
            client.join()
    assert answers == {2.0, 10.0}
    assert not failures


def test_batching_gives_each_request_its_own_rows(half, tmp_path):
    (tmp_path / "batching.config").write_text(
        "max_batch_size { value: 8 } batch_timeout_micros { value: 20000 } "
        "num_batch_threads { value: 2 } max_enqueued_batches { value: 4 } "
        "allowed_batch_sizes: 4 allowed_batch_sizes: 8"
    )
    flags = (
        f"--model_base_path={half}", "--enable_batching",
        f"--batching_parameters_file={tmp_path / 'batching.config'}",
    )  # fmt: skip
    results = {}
    with Running(*flags) as running:

        def ask(number):
            results[number] = running.predict([[float(number)], [float(-number)]])

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert running.predict([[1.0]] * 9)[0] == 400  # more rows than a batch has
        assert running.predict([["x"]])[0] == 400
    for number, (status, body) in results.items():
        assert status in (200, 503)
        if status == 200:
            assert body["predictions"] == [[number / 2 + 2], [-number / 2 + 2]]
    assert sum(status == 200 for status, _ in results.values()) >= 8


def test_sigterm_lets_requests_in_flight_finish(half):
    with Running(f"--model_base_path={half}") as running:
        with socket.create_connection(("127.0.0.1", running.port), 20) as slow:
            body = b'{"instances":[[2.0]]}'
            head = (
                b"POST /v1/models/default:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n"
            )
            slow.sendall(head + body[:5])
            time.sleep(0.5)
            running.child.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            with pytest.raises(OSError, match="refused"):
                running.ask("GET", "/v1/models/default")
            slow.sendall(body[5:])
            answer = b"".join(iter(lambda: slow.recv(10_000), b""))
        assert b"200 OK" in answer
        assert b"3.0" in answer
        assert running.child.wait(30) == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "Give --model_base_path"),
        (["--model_base_path=nowhere"], "no such folder"),
        (["--model_base_path=.", "--batching_parameters_file=x"], "needs --enable_batching"),
        (["--model_config_file=nowhere"], "nowhere: not readable"),
        (["--rest_api_port=x"], "must be a port"),
        (["--model_base_path=.", "--port=0"], "nothing to listen at"),
    ],
)
def test_wrong_flags_end_with_a_message(flags, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["serving", *flags])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_answers_on_one_connection_do_not_wait_for_each_other(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    seconds = []
    for _ in range(30):
        started = time.perf_counter()
        connection.request("POST", f"/v1/models/{NAME}:predict", json.dumps({"instances": [1.0]}))
        assert connection.getresponse().read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    assert sorted(seconds)[15] < 0.03  # 0.04 is what a delayed acknowledgement costs
