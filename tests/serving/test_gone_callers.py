"""Callers that go before they are answered: nobody works on for them."""

import asyncio
import json
import socket
import threading
import time

import grpc
import numpy as np
import pytest

from serving.batching import Batcher
from serving.errors import ServingError
from serving.metrics import Metrics
from serving.protos import predict_pb2, prediction_service_pb2_grpc
from serving.settings import BatchingSettings
from serving.tensors import proto
from tests.serving.busy import write_busy
from tests.serving.running import Running, wait_for
from tests.serving.test_hanging_models import gone
from tests.serving.test_processes import spin, workers

ENDLESS = 10**9


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "busy"
    write_busy(base / "1")
    monitoring = base.parent / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    return f"--model_base_path={base}", f"--monitoring_config_file={monitoring}"


def cancelled_over_grpc(running):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "default", "spin"
    request.inputs["steps"].CopyFrom(proto(np.array([ENDLESS], "int32")))
    with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
        call = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict.future(request)
        time.sleep(1.0)
        assert not call.done()
        call.cancel()


def asked(version="1.1"):
    body = json.dumps({"signature_name": "spin", "instances": [ENDLESS]})
    return (
        f"POST /v1/models/default:predict HTTP/{version}\r\nHost: x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def closed_after(*parts):
    """Send the parts, one after the other, and close the connection."""

    def leave(running):
        with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
            for part in parts:
                connection.sendall(part)
                time.sleep(1.0)

    return leave


CLOSED = {
    "closed": closed_after(asked()),
    "closed, HTTP/1.0": closed_after(asked("1.0")),
    "closed, another request waits": closed_after(asked(), asked()),
    "closed, a part of another request waits": closed_after(asked() + asked()[:-3]),
}


@pytest.mark.parametrize(
    "leave", [cancelled_over_grpc, *CLOSED.values()], ids=["cancelled", *CLOSED]
)
def test_a_run_for_nobody_ends_and_the_others_are_answered(leave, busy):
    threads = ("--rest_api_num_threads=2", "--grpc_max_threads=2", "--rest_api_timeout_in_ms=0")
    with Running(*busy, *threads, grpc=True) as running:
        (worker,) = workers(running)
        leave(running)
        started = time.monotonic()
        spin(running, 500)
        steps = int(9 * 500 / (time.monotonic() - started))  # nine seconds of work

        found = []
        other = threading.Thread(target=lambda: found.append(spin(running, steps)[0]))
        other.start()
        wait_for(lambda: gone(worker), 60)  # another has taken its place
        other.join()
        assert found == [200]
        assert spin(running, 1)[0] == 200
        text = running.ask("GET", "/monitoring/prometheus/metrics")[2].decode()
        assert 'request_count{model_name="default",status="CANCELLED"} 1' in text


def test_whoever_waits_for_the_place_of_a_run_for_nobody_is_answered(busy):
    threads = ("--rest_api_num_threads=1", "--grpc_max_threads=1", "--rest_api_timeout_in_ms=0")
    with Running(*busy, *threads, grpc=True) as running:
        cancelled_over_grpc(running)
        assert spin(running, 1)[0] == 200


def test_gone_callers_have_no_place_in_the_queue():
    async def run(tensors, seconds):
        await asyncio.sleep(0.5)
        return tensors

    async def ask():
        settings = BatchingSettings(
            max_batch_size=1, num_batch_threads=1, max_enqueued_batches=3, batch_timeout_micros=0
        )
        batcher = Batcher(settings, Metrics())
        rows = {"x": np.zeros(1)}
        calls = [asyncio.create_task(batcher.run("m", run, rows, None)) for _ in range(4)]
        await asyncio.sleep(0.1)
        with pytest.raises(ServingError, match="is full"):
            await batcher.run("m", run, rows, None)
        for call in calls[1:]:
            call.cancel()
        await asyncio.sleep(0.1)
        assert (await batcher.run("m", run, rows, None)).keys() == {"x"}
        await calls[0]

    asyncio.run(ask())


def test_a_batch_that_nobody_waits_for_is_stopped():
    began, stopped = [], []

    async def run(tensors, seconds):
        began.append(len(tensors["x"]))
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            stopped.append(len(tensors["x"]))
            raise
        return tensors

    async def ask():
        settings = BatchingSettings(max_batch_size=2, num_batch_threads=1)
        batcher = Batcher(settings, Metrics())
        rows = {"x": np.zeros(1)}
        calls = [asyncio.create_task(batcher.run("m", run, rows, None)) for _ in range(5)]
        await asyncio.sleep(0.1)
        calls[0].cancel()
        await asyncio.sleep(0.1)
        assert (began, stopped) == ([2], [])  # the second caller waits still
        calls[1].cancel()
        calls[2].cancel()  # one that has not begun
        await asyncio.sleep(0.1)
        assert (began, stopped) == ([2, 2], [2])
        await asyncio.gather(*calls[3:])

    asyncio.run(ask())
