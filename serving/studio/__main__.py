"""`python -m serving.studio`: show the page until Ctrl-C."""

import argparse
import signal
import sys

from ..client import Client, ClientError
from ..errors import missing, reason_of


def main() -> None:
    """Parse the command line and show the page until Ctrl-C."""
    arguments = parser().parse_args()
    try:
        from .page import launch  # Gradio takes seconds to import
    except ModuleNotFoundError as error:
        print(f"error: {missing(error, 'studio')}", file=sys.stderr)
        sys.exit(2)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see the package's beginning
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        launch(Client(arguments.url, arguments.model), arguments.host, arguments.port)
    except (ClientError, OSError) as error:
        told = reason_of(error) if isinstance(error, OSError) else str(error)
        print(f"error: {told}", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="A page to play with a served model."
    )
    add = made.add_argument
    add("--url", default="http://localhost:8501", help="URL of the server, or …/v1/models/NAME")
    add("--model", default="default", help="name of the model, if the URL does not say it")
    add("--host", default="127.0.0.1", help="address to listen at")
    add("--port", type=int, default=7860, help="port of the page")
    return made


if __name__ == "__main__":
    main()
