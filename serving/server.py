"""The embedded server: REST and gRPC before the processes that hold the models."""

import argparse
import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

import grpc
import grpc.aio
import uvicorn

from .batching import Batcher
from .codec import Codec
from .config_file import ConfigFile
from .errors import ServingError, invalid, reason_of
from .failures import LoadRetries
from .flags import NOTICED
from .grpc_api import GrpcApi
from .keys import Keys
from .limits import Budget, Limits
from .logs import Log
from .manager import ModelManager
from .metrics import Metrics
from .process import WorkerOptions
from .protos import config_pb2
from .rest.app import RestApi
from .rest.connection import bounded
from .service import Gate, Service
from .settings import (
    BatchingSettings,
    ModelSettings,
    Tls,
    batching_of,
    metrics_path_of,
    models_of,
    tls_of,
)

_LOG = logging.getLogger("serving")
_WAITING = 8  # requests of a model that may wait for each that is worked on
_CALLS = 128  # of gRPC on one connection at a time
_INT32 = 2**31 - 1
_DRAIN = 30  # seconds that requests in flight get when the server ends
_FILES = 65536  # connections and files that are open at a time, where the system allows it


def serve(flags: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM; then requests in flight are finished.

    Raises:
        ServingError: A flag or a file of them cannot be used, or a port is taken.
    """
    log = Log(sys.stderr)
    for name in NOTICED:
        if getattr(flags, name) is not None:
            _LOG.warning("--%s means nothing to this server", name)
    models = _models(flags)
    batching = _batching(flags)
    metrics_path = (
        metrics_path_of(flags.monitoring_config_file) if flags.monitoring_config_file else None
    )
    keys = Keys.of_file(flags.api_key_file) if flags.api_key_file else Keys()
    tls = tls_of(flags.ssl_config_file) if flags.ssl_config_file else None
    channel = _channel_arguments(flags.grpc_channel_arguments)
    if not flags.rest_api_port and not flags.port:
        raise invalid("Both --rest_api_port and --port are 0: nothing to listen at.")
    if flags.rest_api_port == flags.port:
        raise invalid("--rest_api_port and --port are the same.")
    rest = _bound(flags.host, flags.rest_api_port) if flags.rest_api_port else None
    if flags.port:
        _bound(flags.host, flags.port).close()  # gRPC opens it later, once the models are loaded
    _allow_files()
    limits = Limits(
        body=flags.max_body_mb << 20,
        bodies=max(flags.max_bodies_mb, flags.max_body_mb) << 20,
        elements=flags.max_elements,
        texts=flags.max_texts,
        rows=flags.max_rows,
        pixels=flags.max_pixels,
        connections=flags.max_connections,
    )
    try:
        asyncio.run(_serve(flags, models, batching, limits, keys, tls, channel, metrics_path, rest))
    finally:
        log.flush()
    # Not sys.exit: Python would wait for threads, which a lost file system can hold for ever.
    os._exit(0)


async def _serve(
    flags: argparse.Namespace,
    models: list[ModelSettings],
    batching: BatchingSettings | None,
    limits: Limits,
    keys: Keys,
    tls: Tls | None,
    channel: list[tuple[str, str | int]],
    metrics_path: str | None,
    rest: socket.socket | None,
) -> None:
    asked = _signals()
    threads = max(flags.rest_api_num_threads, flags.grpc_max_threads)
    metrics, codec, budget = Metrics(), Codec(), Budget(limits.bodies)
    manager = ModelManager(
        models,
        WorkerOptions(
            threads,
            _session(flags),
            flags.num_request_iterations_for_warmup if flags.enable_model_warmup else 0,
        ),
        LoadRetries(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
        flags.allow_version_labels_for_unavailable_models,
    )
    service = Service(
        manager,
        Gate(threads * (1 + _WAITING)),
        limits,
        Batcher(batching, metrics) if batching else None,
        flags.rest_api_timeout_in_ms / 1000,
    )
    loading = asyncio.create_task(manager.look())
    await _first({loading, asyncio.create_task(asked.wait())})
    try:
        if asked.is_set():
            loading.cancel()
            return
        loading.result()
        # The ports open once the models are loaded, as tensorflow_model_server's do.
        api = RestApi(
            service, metrics, codec, budget, keys, metrics_path, flags.rest_api_enable_cors_support
        )
        calls = GrpcApi(
            service, metrics, codec, budget, keys, flags.enable_grpc_healthcheck_service
        )
        await _answer(flags, manager, api, calls, tls, channel, rest, asked)
    finally:
        await manager.stop()
        codec.close()


async def _answer(
    flags: argparse.Namespace,
    manager: ModelManager,
    api: RestApi,
    calls: GrpcApi,
    tls: Tls | None,
    channel: list[tuple[str, str | int]],
    rest: socket.socket | None,
    asked: asyncio.Event,
) -> None:
    """Open the ports and answer until a signal."""
    grpc_server = await _grpc_server(flags, calls, tls, channel) if flags.port else None
    http, tasks = None, []
    if rest is not None:
        http = _http_server(api)
        rest.listen(1024)
        tasks.append(asyncio.create_task(http.serve(sockets=[rest])))
        _LOG.info("REST API at http://%s:%d/v1/models", *rest.getsockname()[:2])
    if flags.host in ("127.0.0.1", "localhost", "::1"):
        _LOG.info("Only this machine can ask; --host=0.0.0.0 opens the server to the network.")
    watching = _watching(flags, manager)
    await _first({asyncio.create_task(asked.wait()), *tasks})
    for task in watching:
        task.cancel()
    manager.give_up()  # a call for another configuration may wait for what is being loaded
    if http is not None:
        http.should_exit = True
    ends = [*tasks, *([grpc_server.stop(_DRAIN)] if grpc_server else [])]
    await asyncio.gather(*ends)


def _watching(flags: argparse.Namespace, manager: ModelManager) -> list[asyncio.Task]:
    """Tasks that look for new versions and for another configuration."""
    tasks = []
    if flags.file_system_poll_wait_seconds:
        tasks.append(asyncio.create_task(manager.watch(flags.file_system_poll_wait_seconds)))
    if flags.model_config_file and flags.model_config_file_poll_wait_seconds:
        file = ConfigFile(manager, flags.model_config_file)
        seconds = flags.model_config_file_poll_wait_seconds
        tasks.append(asyncio.create_task(file.watch(seconds)))
    return tasks


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, which kill the process again once it has ended."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _http_server(api: RestApi) -> _Server:
    return _Server(
        uvicorn.Config(
            api,
            log_config=None,
            log_level="error",  # a broken request is the client's affair
            access_log=False,
            http=bounded(api.service.limits.connections),
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_DRAIN,
            server_header=False,
        )
    )


async def _grpc_server(
    flags: argparse.Namespace, calls: GrpcApi, tls: Tls | None, channel: list[tuple[str, str | int]]
) -> grpc.aio.Server:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", min(calls.service.limits.body, _INT32)),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
            # No limit of calls in all: those that only begin would keep everybody out.
            ("grpc.max_concurrent_streams", _CALLS),
            *channel,
        ]
    )
    calls.add_to(server)
    address = f"[{flags.host}]:{flags.port}" if ":" in flags.host else f"{flags.host}:{flags.port}"
    try:
        if tls is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(
                address,
                grpc.ssl_server_credentials(
                    [(tls.key, tls.certificate)], tls.authority, tls.clients
                ),
            )
    except RuntimeError as error:
        raise invalid(f"gRPC cannot listen at {address} with these keys.") from error
    await server.start()
    _LOG.info("gRPC at %s%s", address, " (TLS)" if tls else "")
    return server


def _signals() -> asyncio.Event:
    """An event that is set by the first SIGINT or SIGTERM; a second one ends the process."""
    asked = asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            os._exit(1)
        asked.set()
        _end_by_force()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ask)
    return asked


def _end_by_force() -> None:
    """End the process a little after the drain time, whatever still hangs."""

    def end() -> None:
        time.sleep(_DRAIN + 2)
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


async def _first(tasks: set[asyncio.Task]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _session(flags: argparse.Namespace) -> config_pb2.ConfigProto:
    """TensorFlow's threads, by the flags' names."""
    both = flags.tensorflow_session_parallelism
    return config_pb2.ConfigProto(
        intra_op_parallelism_threads=flags.tensorflow_intra_op_parallelism or both,
        inter_op_parallelism_threads=flags.tensorflow_inter_op_parallelism or both,
    )


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


def _channel_arguments(text: str) -> list[tuple[str, str | int]]:
    """Settings of gRPC: `name=value`, separated by commas."""
    found: list[tuple[str, str | int]] = []
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if not name or not equals:
            raise invalid(f"--grpc_channel_arguments: {part!r} is not NAME=VALUE.")
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            found.append((name, value))
        elif len(digits) > 10 or abs(int(value)) > _INT32:
            raise invalid(f"--grpc_channel_arguments: {part!r} is no number of 32 bits.")
        else:
            found.append((name, int(value)))
    return found


def _bound(host: str, port: int) -> socket.socket:
    """A socket at an address, which does not listen yet: nobody is let wait."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By name: else asyncio leaves Nagle on, and an answer waits 40 ms for the client to confirm.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise ServingError(
            "UNAVAILABLE",
            f"{host}:{port} cannot be listened at: {reason_of(error)} "
            "--host, --rest_api_port and --port choose others.",
        ) from error
    return made


def _allow_files() -> None:
    """Let the process have as many connections as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
