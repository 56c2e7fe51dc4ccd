"""End of a command: user errors are printed in one line, with exit code 2."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from .errors import InputError
from .names import is_unicode, shown
from .system_errors import told


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`.

    Exits with 2 and a message for wrong input (`InputError`) and for what the system refuses
    (`system_errors`), with 130 after Ctrl-C; other errors are bugs and keep their traceback.
    """
    try:
        # Until now, while the command was being imported, Ctrl-C ended the process at once.
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _check_names()
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


def _check_names() -> None:
    """Refuse words and a working folder that are not UTF-8: no file and no library takes them.

    Raises:
        InputError: A byte that is not UTF-8.
    """
    for name in (*sys.argv[1:], str(Path.cwd())):
        if not is_unicode(name):
            raise InputError(
                f"{shown(name)}: is not UTF-8; write texts in UTF-8, and rename files and folders."
            )


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
