"""Does a piece of work again and again in child processes until one is not killed.

    python -m tests.killing.driver WORK FOLDER

TensorFlow is imported once, and each child is a fork of this process. The last line of the output
is the number of kills.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

from tests.killing.work import WORK

MOST = 2000


def main() -> None:
    work, folder = WORK[sys.argv[1]], Path(sys.argv[2])
    for kills in range(MOST):
        child = os.fork()
        if child == 0:
            try:
                work(folder)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            continue
        if status:
            sys.exit(f"after {kills} kills the work failed with status {status}")
        print(kills)
        return
    sys.exit(f"{MOST} kills and no end")


if __name__ == "__main__":
    main()
