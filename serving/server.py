"""The embedded server: models, REST and gRPC in one process."""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import uvicorn

from .batching import Batcher
from .errors import ServingError, invalid
from .grpc_api import add_services
from .manager import ModelManager
from .metrics import Metrics
from .rest.app import MAX_BODY, RestApi
from .rest.connection import BoundedConnection
from .service import Gate, Service
from .settings import (
    BatchingSettings,
    ModelSettings,
    batching_of,
    metrics_path_of,
    models_of,
)
from .warmup import warm_up

_LOG = logging.getLogger("serving")
_WAITING = 8  # requests that may wait for each that is worked on
_DRAIN = 30  # seconds that requests in flight get when the server ends


def serve(flags: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM; then requests in flight are finished.

    Raises:
        ServingError: A flag or a file of them cannot be used, or a port is taken.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    models = _models(flags)
    batching = _batching(flags)
    metrics_path = (
        metrics_path_of(flags.monitoring_config_file) if flags.monitoring_config_file else None
    )
    if not flags.rest_api_port and not flags.port:
        raise invalid("Both --rest_api_port and --port are 0: nothing to listen at.")
    rest = _listening(flags.host, flags.rest_api_port) if flags.rest_api_port else None
    metrics = Metrics()
    manager = ModelManager(models, flags.file_system_poll_wait_seconds, warm_up)
    service = Service(
        manager=manager,
        batcher=Batcher(batching, metrics.batch) if batching else None,
        timeout=flags.rest_api_timeout_in_ms / 1000,
    )
    gate = Gate(flags.rest_api_num_threads * (1 + _WAITING))
    threads = ThreadPoolExecutor(flags.rest_api_num_threads, "request")
    api = RestApi(service, metrics, threads, gate, metrics_path, flags.rest_api_enable_cors_support)
    manager.start()
    calls = _grpc_server(flags, service, metrics, gate)
    try:
        asyncio.run(_until_signal(api, rest))
    finally:
        if calls is not None:
            calls.stop(_DRAIN).wait()
        manager.stop()
        threads.shutdown(wait=False, cancel_futures=True)
        if service.batcher is not None:
            service.batcher.close()


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, which kill the process again once it has ended."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _until_signal(api: RestApi, rest: socket.socket | None) -> None:
    """Answer HTTP until a signal; without HTTP only wait for it."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    if rest is None:
        await asked.wait()
        return
    server = _Server(
        uvicorn.Config(
            api.application(),
            log_config=None,
            access_log=False,
            http=BoundedConnection,
            lifespan="off",
            timeout_graceful_shutdown=_DRAIN,
            server_header=False,
        )
    )
    _LOG.info("REST API at http://%s:%d/v1/models", *rest.getsockname()[:2])
    serving = asyncio.create_task(server.serve(sockets=[rest]))
    await asyncio.wait({serving, asyncio.create_task(asked.wait())}, return_when="FIRST_COMPLETED")
    server.should_exit = True
    await serving


def _grpc_server(
    flags: argparse.Namespace, service: Service, metrics: Metrics, gate: Gate
) -> grpc.Server | None:
    if not flags.port:
        return None
    server = grpc.server(
        ThreadPoolExecutor(flags.rest_api_num_threads, "grpc"),
        options=[
            ("grpc.max_receive_message_length", MAX_BODY),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    add_services(server, service, metrics, gate)
    try:
        port = server.add_insecure_port(f"{flags.host}:{flags.port}")
    except RuntimeError as error:
        raise _taken(flags.port) from error
    server.start()
    _LOG.info("gRPC at %s:%d", flags.host, port)
    return server


def _models(flags: argparse.Namespace) -> list[ModelSettings]:
    if flags.model_config_file:
        if flags.model_base_path:
            raise invalid("Give either --model_config_file or --model_base_path.")
        return models_of(flags.model_config_file)
    if not flags.model_base_path:
        raise invalid("Give --model_base_path, or --model_config_file for several models.")
    if not flags.model_base_path.is_dir():
        raise invalid(f"--model_base_path {flags.model_base_path}: no such folder.")
    return [ModelSettings(flags.model_name, flags.model_base_path)]


def _batching(flags: argparse.Namespace) -> BatchingSettings | None:
    if not flags.enable_batching:
        if flags.batching_parameters_file:
            raise invalid("--batching_parameters_file needs --enable_batching.")
        return None
    if flags.batching_parameters_file:
        return batching_of(flags.batching_parameters_file)
    return BatchingSettings()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By name: else asyncio leaves Nagle on, and an answer waits 40 ms for the client to confirm.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(1024)
    except OSError as error:
        made.close()
        raise _taken(port) from error
    return made


def _taken(port: int) -> ServingError:
    return ServingError(
        "UNAVAILABLE",
        f"The port {port} cannot be listened at; another program has it. --rest_api_port and "
        "--port choose others.",
    )
