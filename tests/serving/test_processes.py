"""Processes of the versions: they may die, hang and go, and the server stays."""

import json
import os
import shutil
import signal
import threading
import time

import grpc
import numpy as np
import psutil
import pytest

from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.tensors import proto
from tests.serving.busy import write_busy
from tests.serving.running import Running, wait_for


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "busy"
    write_busy(base / "1")
    return base


def workers(running):
    return [
        child
        for child in psutil.Process(running.child.pid).children()
        if "serving.worker" in " ".join(child.cmdline())
    ]


def spin(running, steps, **more):
    status, headers, body = running.ask(
        "POST", "/v1/models/default:predict",
        {"instances": [steps], "signature_name": "spin", **more}, timeout=60,
    )  # fmt: skip
    return status, headers, json.loads(body)


def test_the_front_imports_no_tensorflow_and_is_small(busy):
    with Running(f"--model_base_path={busy}") as running:
        front = psutil.Process(running.child.pid)
        assert not any("libtensorflow" in held.path for held in front.memory_maps())
        assert front.memory_info().rss < 100 << 20
        (worker,) = workers(running)
        assert any("libtensorflow" in held.path for held in worker.memory_maps())
        assert spin(running, 3)[2] == {"predictions": [3]}
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_worker_that_dies_is_started_again_and_only_its_requests_fail(busy, tmp_path):
    shutil.copytree(busy, tmp_path / "other")
    (tmp_path / "models.config").write_text(
        "model_config_list {"
        f'config {{ name: "default" base_path: "{busy}" model_platform: "tensorflow" }}'
        f'config {{ name: "other" base_path: "{tmp_path / "other"}" '
        'model_platform: "tensorflow" } }'
    )
    with Running(f"--model_config_file={tmp_path / 'models.config'}") as running:
        found = []
        client = threading.Thread(target=lambda: found.append(spin(running, 10**9)))
        client.start()
        victim = next(w for w in workers(running) if str(busy) in " ".join(w.cmdline()))
        wait_for(lambda: victim.cpu_times().user > 1.5)
        os.kill(victim.pid, signal.SIGKILL)
        client.join(20)
        ((status, headers, body),) = found
        assert (status, headers["Retry-After"]) == (503, "1")
        assert "process ended" in body["error"]
        answer = running.ask("POST", "/v1/models/other:predict", {"instances": [2]})
        assert (answer[0], json.loads(answer[2])) == (200, {"predictions": [2]})
        wait_for(lambda: spin(running, 1)[0] == 200)
        body = json.loads(running.ask("GET", "/v1/models/default")[2])
        assert body["model_version_status"][0]["state"] == "AVAILABLE"


def test_a_request_past_its_deadline_is_stopped(busy):
    flags = (f"--model_base_path={busy}", "--rest_api_timeout_in_ms=1000")
    with Running(*flags) as running:
        (worker,) = workers(running)
        started = time.monotonic()
        status, _, body = spin(running, 10**9)
        assert (status, "longer than 1 s" in body["error"]) == (504, True)
        assert time.monotonic() - started < 5
        time.sleep(1.0)
        before = sum(worker.cpu_times()[:2])
        time.sleep(1.0)
        assert sum(worker.cpu_times()[:2]) - before < 0.3  # nobody works on it any more
        assert spin(running, 1)[0] == 200
        running.child.send_signal(signal.SIGTERM)
        assert running.child.wait(10) == 0


def test_a_request_that_waits_too_long_ends_nobody_else(busy):
    flags = (f"--model_base_path={busy}", "--rest_api_num_threads=2", "--grpc_max_threads=2")
    with Running(*flags, "--rest_api_timeout_in_ms=0", grpc=True) as running:
        (worker,) = workers(running)
        with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            request = predict_pb2.PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = "default", "spin"
            request.inputs["steps"].CopyFrom(proto(np.array([10**9], "int32")))
            long = [stub.Predict.future(request, timeout=9) for _ in range(2)]
            time.sleep(1.0)
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request, timeout=0.3)
            assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            for call in long:
                assert call.exception().code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert worker.is_running()


def test_a_swap_ends_no_request_that_waits_for_its_batch(busy, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(busy / "1", base / "1")
    (tmp_path / "batching.config").write_text("batch_timeout_micros { value: 300000 }")
    flags = (
        f"--model_base_path={base}", "--file_system_poll_wait_seconds=0.1", "--enable_batching",
        f"--batching_parameters_file={tmp_path / 'batching.config'}",
    )  # fmt: skip
    with Running(*flags) as running:
        failures, stop = [], threading.Event()

        def ask(more):
            while not stop.is_set():
                status, _, body = spin(running, 1, **more)
                if status != 200:
                    failures.append(body)

        clients = [threading.Thread(target=ask, args=({},)) for _ in range(4)]
        clients.append(threading.Thread(target=ask, args=({"other": "x" * 100_000},)))
        for client in clients:
            client.start()
        for version in range(2, 5):
            shutil.copytree(busy / "1", tmp_path / "next")
            (tmp_path / "next").rename(base / str(version))
            path = f"/v1/models/default/versions/{version}"
            wait_for(lambda path=path: b"AVAILABLE" in running.ask("GET", path)[2], 60)
        time.sleep(1.0)
        stop.set()
        for client in clients:
            client.join()
        assert not failures


@pytest.mark.slow
def test_an_operation_that_cannot_be_stopped_ends_with_its_process(busy):
    flags = (f"--model_base_path={busy}", "--rest_api_timeout_in_ms=1000")
    with Running(*flags) as running:
        (worker,) = workers(running)
        status, _, body = running.ask(
            "POST", "/v1/models/default:predict",
            {"instances": [6000], "signature_name": "block"}, timeout=30,
        )  # fmt: skip
        assert status == 504, body
        wait_for(lambda: not worker.is_running() or worker.status() == "zombie", 20)
        wait_for(lambda: spin(running, 1)[0] == 200)


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced(busy):
    with Running(f"--model_base_path={busy}") as running:
        (worker,) = workers(running)
        worker.suspend()
        wait_for(lambda: not worker.is_running() or worker.status() == "zombie", 40)
        wait_for(lambda: spin(running, 1)[0] == 200)


@pytest.mark.slow
def test_ten_swaps_give_their_memory_back(busy, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(busy / "1", base / "1")
    flags = (f"--model_base_path={base}", "--file_system_poll_wait_seconds=0.1")

    def memory():
        front = psutil.Process(running.child.pid)
        return sum(p.memory_info().rss for p in [front, *front.children(recursive=True)])

    with Running(*flags) as running:
        assert spin(running, 1)[0] == 200
        first, failures, stop = memory(), [], threading.Event()

        def ask():
            while not stop.is_set():
                status = spin(running, 1)[0]
                if status != 200:
                    failures.append(status)

        client = threading.Thread(target=ask)
        client.start()
        for version in range(2, 12):
            shutil.copytree(busy / "1", tmp_path / "next")
            (tmp_path / "next").rename(base / str(version))

            def served(version=str(version)):
                body = json.loads(running.ask("GET", "/v1/models/default")[2])
                states = {s["version"]: s["state"] for s in body["model_version_status"]}
                alive = {v for v, state in states.items() if state != "END"}
                return alive == {version} and states[version] == "AVAILABLE"

            wait_for(served)
        stop.set()
        client.join()
        assert not failures
        assert len(workers(running)) == 1
        assert memory() < 1.1 * first


def test_sigterm_ends_everything_whatever_runs(busy):
    with Running(f"--model_base_path={busy}") as running:
        (worker,) = workers(running)
        running.child.send_signal(signal.SIGTERM)
        assert running.child.wait(15) == 0
        wait_for(lambda: not worker.is_running() or worker.status() == "zombie")


def test_workers_end_with_a_server_that_is_killed(busy):
    with Running(f"--model_base_path={busy}") as running:
        (worker,) = workers(running)
        running.child.kill()
        wait_for(lambda: not worker.is_running() or worker.status() == "zombie")
