"""`python -m serving`: an embedded server for development and small loads."""

import sys

from .flags import parser


def main() -> None:
    """Parse the command line and serve until a signal ends it."""
    flags = parser().parse_args()
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
