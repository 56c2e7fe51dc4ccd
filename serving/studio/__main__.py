"""`python -m serving.studio`: show the page until Ctrl-C."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ..client import Client, ClientError
from ..errors import missing, reason_of

_OWN = "127.0.0.1", "localhost", "::1"


def main() -> None:
    """Parse the command line and show the page until Ctrl-C."""
    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see the package's beginning
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _show(arguments)
    except ModuleNotFoundError as error:
        _fail(missing(error, "studio"))
    except ClientError as error:
        _fail(str(error))
    except OSError as error:
        _fail(reason_of(error))
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="A page to play with a served model."
    )
    add = made.add_argument
    add("--url", default="http://localhost:8501", help="URL of the server, or …/v1/models/NAME")
    add("--model", default="default", help="name of the model, if the URL does not say it")
    add(
        "--api-key-file",
        type=Path,
        help="file with the token that the server asks for, in place of the environment variable "
        "KERAS_T2I_API_KEY",
    )
    add("--ca-file", type=Path, help="file in PEM with the authorities to believe, for TLS")
    add("--host", default="127.0.0.1", help="address to listen at")
    add("--port", type=int, default=7860, help="port of the page")
    add("--auth", type=Path, help="file with NAME:PASSWORD a line: who may see the page")
    add(
        "--examples",
        type=Path,
        help="text file with captions, labels or chords, one a line, or folder of pictures, to "
        "begin with",
    )
    return made


def _show(arguments: argparse.Namespace) -> None:
    from ..client.api_key import key_of_environment, key_of_file
    from .accounts import accounts_of_file

    if not 0 < arguments.port < 65536:
        raise ClientError(f"--port must lie in 1 to 65535. Received: {arguments.port}.")
    accounts = [] if arguments.auth is None else accounts_of_file(arguments.auth)
    file = arguments.api_key_file
    client = Client(
        arguments.url,
        arguments.model,
        api_key=key_of_environment() if file is None else key_of_file(file),
        ca_file=arguments.ca_file,
    )
    from .folder import temporary_folder

    with temporary_folder() as folder:
        from .examples import Examples
        from .page import shown  # Gradio takes seconds to import, and then makes files already

        given = arguments.examples
        examples = Examples() if given is None else Examples.of_path(given)
        with shown(client, folder, arguments.host, arguments.port, accounts, examples) as made:
            print(f"The page of {client.model}: {made.local_url} (Ctrl-C ends it)", flush=True)
            if arguments.host not in _OWN and not accounts:
                print(
                    "Everybody who reaches this address may use it; --auth FILE asks for a "
                    "password.",
                    flush=True,
                )
            threading.Event().wait()


def _end(*_: Any) -> None:
    sys.exit(0)


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
