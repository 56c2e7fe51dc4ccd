"""`python -m serving`: an embedded server for development and small loads."""

import os
import sys

from .flags import parser


def main() -> None:
    """Parse the command line and serve until a signal ends it."""
    flags = parser().parse_args()
    # Beside the errors that it raises, gRPC writes lines to the error output, and waits for who
    # reads them.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from .errors import ServingError, missing, reason_of

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


if __name__ == "__main__":
    main()
