"""A version that hangs while it is loaded: the other models, and the server's end, do not wait."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import psutil
import pytest

from serving import versions
from serving.errors import ServingError
from serving.failures import LoadRetries
from serving.manager import ModelManager
from serving.process import WorkerOptions
from serving.protos import model_management_pb2, model_service_pb2_grpc
from serving.settings import ModelSettings, Policy
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running, free_port, wait_for


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    return write_half_plus_two(tmp_path_factory.mktemp("models") / "half")


def hanging(path):
    """A version whose graph is a pipe into which nobody writes: reading it takes for ever."""
    path.mkdir(parents=True)
    os.mkfifo(path / "saved_model.pb")
    return path


def states(running, name):
    status, _, text = running.ask("GET", f"/v1/models/{name}")
    if status != 200:
        return {}
    return {s["version"]: s["state"] for s in json.loads(text)["model_version_status"]}


def workers(process, path):
    """The worker processes of a folder's versions."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # ended meanwhile
            if str(path) in " ".join(child.cmdline()):
                found.append(child)
    return found


def gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def configuration(**models):
    listed = (
        f'config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" }}'
        for name, path in models.items()
    )
    return f"model_config_list {{ {' '.join(listed)} }}"


@pytest.fixture
def folders(half, tmp_path):
    """Two models of one version."""
    shutil.copytree(half, tmp_path / "a" / "1")
    shutil.copytree(half, tmp_path / "b" / "1")
    return tmp_path / "a", tmp_path / "b"


def test_other_models_change_while_one_hangs(half, folders, tmp_path):
    a, b = folders
    file = tmp_path / "models.config"
    file.write_text(configuration(a=a, b=b))
    flags = (
        f"--model_config_file={file}", "--file_system_poll_wait_seconds=0.1",
        "--model_config_file_poll_wait_seconds=0.1",
    )  # fmt: skip
    with Running(*flags, grpc=True) as running:
        hanging(a / "2")
        wait_for(lambda: states(running, "a").get("2") == "LOADING")
        assert running.predict([2.0], "a") == (200, {"predictions": [3.0]})
        shutil.copytree(half, tmp_path / "next")
        (tmp_path / "next").rename(b / "2")
        wait_for(lambda: states(running, "b").get("2") == "AVAILABLE")

        # Another configuration, in which the one that hangs stays as it is.
        with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            stub.HandleReloadConfigRequest(request_of(a=a, b=b, c=b), timeout=20)
        assert states(running, "c") == {"2": "AVAILABLE"}
        assert states(running, "a")["2"] == "LOADING"

        # One that hangs comes with the file, and goes with it.
        hanging(tmp_path / "d" / "1")
        file.write_text(configuration(a=a, d=tmp_path / "d"))
        wait_for(lambda: states(running, "d").get("1") == "LOADING")
        (worker,) = workers(running.child, tmp_path / "d")
        file.write_text(configuration(a=a, e=b))
        wait_for(lambda: states(running, "e") == {"2": "AVAILABLE"})
        wait_for(lambda: gone(worker))

        # A newer version of the same model takes the place of the one that hangs.
        (worker,) = workers(running.child, a / "2")
        shutil.copytree(half, tmp_path / "next")
        (tmp_path / "next").rename(a / "3")
        wait_for(lambda: states(running, "a").get("3") == "AVAILABLE")
        assert gone(worker)

        hanging(a / "4")
        wait_for(lambda: states(running, "a").get("4") == "LOADING")
        (worker,) = workers(running.child, a / "4")
        started = time.monotonic()
        running.child.send_signal(signal.SIGTERM)
        assert running.child.wait(20) == 0
        assert time.monotonic() - started < 5
        wait_for(lambda: gone(worker))


def request_of(**models):
    request = model_management_pb2.ReloadConfigRequest()
    for name, path in models.items():
        one = request.config.model_config_list.config.add()
        one.name, one.base_path, one.model_platform = name, str(path), "tensorflow"
    return request


def test_a_call_that_waits_for_a_model_that_hangs_does_not_hold_up_the_end(folders, tmp_path):
    a, _ = folders
    hanging(tmp_path / "d" / "1")
    running = Running(f"--model_base_path={a}", grpc=True)
    with running, grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
        reload = model_service_pb2_grpc.ModelServiceStub(channel).HandleReloadConfigRequest
        call = reload.future(request_of(default=a, d=tmp_path / "d"), timeout=60)
        wait_for(lambda: states(running, "d").get("1") == "LOADING")
        started = time.monotonic()
        running.child.send_signal(signal.SIGTERM)
        assert running.child.wait(20) == 0
        assert time.monotonic() - started < 10
        assert call.exception() is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_ends_while_its_first_version_hangs(number, tmp_path):
    base = tmp_path / "model"
    hanging(base / "1")
    words = [sys.executable, "-m", "serving", f"--model_base_path={base}", "--port=0"]
    with subprocess.Popen(
        [*words, f"--rest_api_port={free_port()}"], stderr=subprocess.DEVNULL
    ) as server:
        wait_for(lambda: workers(server, base))
        (worker,) = workers(server, base)
        wait_for(lambda: worker.num_threads() > 1)  # it has begun
        server.send_signal(number)
        assert server.wait(5) == (0 if number == signal.SIGTERM else -number)
        wait_for(lambda: gone(worker), 5)


def test_what_is_wanted_again_meanwhile_stays(half, tmp_path):
    for version in ("1", "3"):
        shutil.copytree(half, tmp_path / version)
    hanging(tmp_path / "2")

    def chosen(*versions):
        return [ModelSettings("m", tmp_path, Policy(specific=frozenset(versions)))]

    async def serve():
        manager = ModelManager(chosen(1, 3))
        try:
            await manager.look()
            third = manager.find("m", 3)
            hangs = asyncio.create_task(manager.configure(chosen(1, 2)))
            while manager.states("m").get(2) != versions.State("LOADING"):
                await asyncio.sleep(0.05)
            await asyncio.wait_for(manager.configure(chosen(1, 3)), 20)
            assert manager.find("m", 3) is third
            with pytest.raises(ServingError, match="Another configuration"):
                await hangs
        finally:
            await manager.stop()

    asyncio.run(serve())


def test_a_file_system_that_hangs_holds_up_its_model_alone(folders, monkeypatch):
    a, b = folders
    lost, real = threading.Event(), versions._versions

    def listed(base: Path):
        if base == a:
            lost.wait(60)
        return real(base)

    monkeypatch.setattr(versions, "_versions", listed)

    async def served(manager, version):
        while True:
            await asyncio.sleep(0.05)
            with contextlib.suppress(ServingError):
                if manager.find("b").version == version:
                    return

    async def serve():
        manager = ModelManager(
            [ModelSettings("a", a), ModelSettings("b", b)], WorkerOptions(), LoadRetries()
        )
        watching = asyncio.create_task(manager.watch(0.05))
        try:
            async with asyncio.timeout(20):
                await served(manager, 1)
                (b / "1").rename(b / "2")
                await served(manager, 2)
                # Whoever waits for the folder that hangs goes on once it is wanted no more.
                c = [ModelSettings("b", b), ModelSettings("c", a)]
                waiting = asyncio.create_task(manager.configure(c))
                await asyncio.sleep(0.1)
                await manager.configure(c[:1])
                with pytest.raises(ServingError, match="Another configuration"):
                    await waiting
        finally:
            watching.cancel()
            await manager.stop()

    started = time.monotonic()
    try:
        asyncio.run(serve())
        assert time.monotonic() - started < 20
    finally:
        lost.set()
