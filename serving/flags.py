"""Flags of the server: those of tensorflow_model_server, and some of its own."""

import argparse
import math
import os
from pathlib import Path

NOTICED = (
    "enable_per_model_batching_parameters",
    "enable_profiler",
    "enable_serialization_as_tensor_content",
    "enable_signature_method_name_check",
    "flush_filesystem_caches",
    "grpc_socket_path",
    "mixed_precision",
    "num_load_threads",
    "num_tflite_interpreters_per_pool",
    "num_tflite_pools",
    "num_unload_threads",
    "per_process_gpu_memory_fraction",
    "platform_config_file",
    "prefer_tflite_model",
    "remove_unused_fields_from_bundle_metagraph",
    "saved_model_tags",
    "skip_initialize_tpu",
    "tensorflow_session_config_file",
    "thread_pool_factory_config_file",
    "use_alts_credentials",
    "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
)
"""Flags of tensorflow_model_server that mean nothing here: they are taken, with a notice."""


def parser() -> argparse.ArgumentParser:
    """The command line of the server."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Serve SavedModels as TensorFlow Serving does: its REST API, its gRPC "
        "services, its flags. For development and small loads; tensorflow_model_server takes the "
        "same flags and is the one for production.",
        allow_abbrev=False,
    )
    made.add_argument("--version", action=_Version, help="show what serves, and end")
    _add_models(made.add_argument_group("models"))
    _add_addresses(made.add_argument_group("addresses and who may ask"))
    _add_work(made.add_argument_group("work"))
    _add_limits(made.add_argument_group("limits of requests (no flags of tensorflow_model_server)"))
    for name in NOTICED:
        made.add_argument(f"--{name}", nargs="?", const="true", help=argparse.SUPPRESS)
    return made


class _Version(argparse.Action):
    """Shows the versions of the server and of TensorFlow's library, in the real server's form."""

    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print them and end."""
        print(f"keras-t2i server: {_installed('keras-t2i')}")
        print(f"TensorFlow Library: {_installed('tensorflow')}")
        parser.exit()


def _installed(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _add_models(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--model_name", default="default", help="name of the model, where one is served")
    add("--model_base_path", type=Path, help="folder of its versions 1, 2, …")
    add(
        "--model_config_file",
        type=Path,
        help="file of several models: a text proto ModelServerConfig",
    )
    add("--model_config_file_poll_wait_seconds", type=_seconds, default=0.0,
        help="time between two readings of that file; 0 reads it once")  # fmt: skip
    add("--file_system_poll_wait_seconds", type=_seconds, default=1.0,
        help="time between two looks for new versions; 0 looks once")  # fmt: skip
    add("--max_num_load_retries", type=_count, default=5,
        help="tries to load a version that failed, though its files have not changed")  # fmt: skip
    add("--load_retry_interval_micros", type=_count, default=60_000_000,
        help="time between two of these tries")  # fmt: skip
    add("--allow_version_labels_for_unavailable_models", type=_switch, nargs="?", const=True,
        default=False, help="whether a label may name a version that is not loaded")  # fmt: skip
    add("--enable_model_warmup", type=_switch, nargs="?", const=True, default=True,
        help="whether a version answers its recorded requests before it is served")  # fmt: skip
    add("--num_request_iterations_for_warmup", type=_positive, default=1,
        help="times that it answers them")  # fmt: skip


def _add_addresses(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--rest_api_port", type=_port, default=0, help="port of the REST API; 0 for none")
    add("--port", type=_port, default=8500, help="port of gRPC; 0 for none")
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0 opens the server to the network, as "
        "tensorflow_model_server always is",
    )
    add(
        "--api_key_file",
        type=Path,
        help="file of keys, one a line; a request must show one: Authorization: Bearer KEY",
    )
    add(
        "--ssl_config_file",
        type=Path,
        help="file of keys for gRPC over TLS: a text proto SSLConfig",
    )
    add("--rest_api_enable_cors_support", type=_switch, nargs="?", const=True, default=False,
        help="whether pages of other origins may ask")  # fmt: skip
    add("--enable_grpc_healthcheck_service", type=_switch, nargs="?", const=True, default=False,
        help="whether grpc.health.v1.Health answers")  # fmt: skip
    add("--grpc_channel_arguments", default="",
        help="settings of gRPC, such as grpc.max_connection_age_ms=20000,…")  # fmt: skip
    add(
        "--monitoring_config_file",
        type=Path,
        help="file for Prometheus: a text proto MonitoringConfig",
    )


def _add_work(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    threads = 4 * (os.cpu_count() or 1)
    add("--enable_batching", type=_switch, nargs="?", const=True, default=False,
        help="whether rows of several requests run together")  # fmt: skip
    add(
        "--batching_parameters_file",
        type=Path,
        help="file of batch sizes: a text proto BatchingParameters",
    )
    add(
        "--rest_api_timeout_in_ms",
        type=_count,
        default=30_000,
        help="longest time of a request; 0 for no limit",
    )
    add(
        "--rest_api_num_threads",
        type=_positive,
        default=threads,
        help="number of requests that a model works on at a time",
    )
    add("--grpc_max_threads", type=_positive, default=threads,
        help="the same for gRPC: the larger of the two holds")  # fmt: skip
    add("--tensorflow_session_parallelism", type=_count, default=0,
        help="number of threads, for both of the next two; 0: as many as cores")  # fmt: skip
    add("--tensorflow_intra_op_parallelism", type=_count, default=0,
        help="number of threads of an operation")  # fmt: skip
    add("--tensorflow_inter_op_parallelism", type=_count, default=0,
        help="number of operations at a time")  # fmt: skip


def _add_limits(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--max_body_mb", type=_positive, default=32, help="megabytes of a body, also decompressed")
    add("--max_bodies_mb", type=_positive, default=256, help="megabytes of all bodies at a time")
    add("--max_elements", type=_positive, default=1 << 22,
        help="numbers and texts of a request")  # fmt: skip
    add("--max_texts", type=_positive, default=1 << 16,
        help="texts of a request, and values of examples")  # fmt: skip
    add("--max_rows", type=_positive, default=1024, help="rows of a request")
    add("--max_pixels", type=_positive, default=1 << 24, help="pixels of a picture")
    add("--max_connections", type=_positive, default=512, help="connections of one address")


def _switch(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise argparse.ArgumentTypeError(f"must be true or false, not {text!r}")
    return known[text.lower()]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a port from 0 to 65535, not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not _count(text):
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds from 0, not {text!r}")
    return seconds
