"""Whether a process whose number stands in a file's name still runs."""

import os


def is_alive(pid: int) -> bool:
    """Whether another process has this number (that of this process is from before a restart)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
