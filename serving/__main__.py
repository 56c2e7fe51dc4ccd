"""`python -m serving`: an embedded server for development and small loads."""

import argparse
import sys
from pathlib import Path


def main() -> None:
    """Parse the command line and serve until a signal ends it."""
    flags = parser().parse_args()
    from .errors import ServingError, missing, reason_of
    from .quiet import load_tensorflow

    load_tensorflow()
    try:
        from .server import serve
    except ModuleNotFoundError as error:
        print(f"error: {missing(error, 'serving')}", file=sys.stderr)
        sys.exit(2)
    try:
        serve(flags)
    except (ServingError, OSError) as error:
        told = error.message if isinstance(error, ServingError) else reason_of(error)
        print(f"error: {told}", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """The flags of tensorflow_model_server that this server knows."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Serve SavedModels as TensorFlow Serving does: its REST API, its gRPC "
        "services, its flags. For development and small loads; tensorflow_model_server takes the "
        "same flags and is the one for production.",
    )
    add = made.add_argument
    add("--model_name", default="default", help="name of the model, where one is served")
    add("--model_base_path", type=Path, help="folder of its versions 1, 2, …")
    add(
        "--model_config_file",
        type=Path,
        help="file of several models: a text proto ModelServerConfig",
    )
    add("--rest_api_port", type=_port, default=0, help="port of the REST API; 0 for none")
    add("--port", type=_port, default=8500, help="port of gRPC; 0 for none")
    add("--host", default="0.0.0.0", help="address to listen at; no flag of the original")
    add("--enable_batching", type=_switch, nargs="?", const=True, default=False,
        help="whether rows of several requests run together")  # fmt: skip
    add(
        "--batching_parameters_file",
        type=Path,
        help="file of batch sizes: a text proto BatchingParameters",
    )
    add(
        "--monitoring_config_file",
        type=Path,
        help="file for Prometheus: a text proto MonitoringConfig",
    )
    add(
        "--rest_api_timeout_in_ms",
        type=_count,
        default=30_000,
        help="longest time of a request; 0 for no limit",
    )
    add("--rest_api_enable_cors_support", type=_switch, nargs="?", const=True, default=False,
        help="whether pages of other origins may ask")  # fmt: skip
    add(
        "--rest_api_num_threads",
        type=_count,
        default=64,
        help="number of requests worked on at a time",
    )
    add("--file_system_poll_wait_seconds", type=float, default=1.0,
        help="time between two looks for new versions; 0 looks once")  # fmt: skip
    return made


def _switch(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise argparse.ArgumentTypeError(f"must be true or false, not {text!r}")
    return known[text.lower()]


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a port from 0 to 65535, not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
