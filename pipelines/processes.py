"""Whether a process whose number stands in a file's name still runs."""

import os


def is_alive(pid: int) -> bool:
    """Whether another process has this number (one's own is left from before a restart)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
