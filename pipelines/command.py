"""End of a command: user errors are printed in one line, with exit code 2."""

import os
import sys
from collections.abc import Callable

from .errors import InputError
from .system_errors import told


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`.

    Exits with 2 and a message for wrong input (`InputError`) and for what the system refuses
    (`system_errors`), with 130 after Ctrl-C; other errors are bugs and keep their traceback.
    """
    try:
        main()
    except InputError as error:
        _fail(str(error))
    except BrokenPipeError:
        # What reads our output, such as `head`, has enough; nothing more may be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        message = told(error)
        if message is None:
            raise
        _fail(message)


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
