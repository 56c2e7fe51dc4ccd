"""Whether the process whose number stands in a file's name still runs."""

import os
from pathlib import Path

_SLACK = 2.0  # seconds by which clocks and file systems may differ


def is_alive(pid: int, left: Path) -> bool:
    """Whether another process that can have left a file still runs.

    Numbers of ended processes are given away again: one that started after the file was last
    changed is another program's. (That of this process is from before a restart.)

    Args:
        pid: Number of the process.
        left: File or folder that it left.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    if pid == os.getpid():
        return False
    started = _start(pid)
    try:
        return started is None or started <= left.lstat().st_ctime + _SLACK
    except OSError:  # it has gone meanwhile
        return False


def _start(pid: int) -> float | None:
    """Seconds since 1970 at which a process started; `None` where the system does not say."""
    try:
        # After the program's name, which may hold spaces: the 20th field is the start, in ticks.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = next(
            line.split()[1]
            for line in Path("/proc/stat").read_text("ascii").splitlines()
            if line.startswith("btime ")
        )
    except (OSError, StopIteration):
        return None
    return float(boot) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
