"""Whether the process whose mark stands in a file's name still works on it.

A mark is the process's number and place, such as `1234-0a1b2c3d4e5f`: a number alone means nothing
on a disk that several machines share, nor in containers, where it is mostly 1. The place is four
digits each of a digest of the machine, of its start, and of the container.
"""

import hashlib
import os
import platform
import time
from functools import cache
from pathlib import Path

MARK = r"\d+(?:-[0-9a-f]{12})?"
"""Pattern of a mark; those of earlier versions are numbers alone."""

_SLACK = 2.0  # seconds by which clocks and file systems may differ
_UNTOUCHED = 600.0  # seconds without a change after which no process elsewhere works on a file


def own_mark() -> str:
    """The mark of this process."""
    return f"{os.getpid()}-{_place()}"


def is_own(mark: str) -> bool:
    """Whether a mark is of a process of this machine, since its start, and of this container."""
    return mark.partition("-")[2] in ("", _place())


def is_alive(mark: str, left: Path) -> bool:
    """Whether another process that can have left a file still works on it.

    Numbers of ended processes are given away again: one that started after the file was last
    changed is another program's. (That of this process is from before a restart.) Of processes of
    other machines and containers only the file itself tells: they count as alive until it, and all
    in it, has been left unchanged for ten minutes.

    Args:
        mark: Mark of the process.
        left: File or folder that it left.
    """
    if is_own(mark):
        return _runs(int(mark.partition("-")[0]), left)
    place, own = mark.partition("-")[2], _place()
    restarted = place[:4] == own[:4] and place[4:8] != own[4:8]
    return not restarted and time.time() - _last_change(left) < _UNTOUCHED


def _runs(pid: int, left: Path) -> bool:
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


def _last_change(left: Path) -> float:
    """Seconds since 1970 at which a file, or anything in a folder, was changed; 0 of none."""
    times = [0.0]
    for path in (left, *left.rglob("*")):
        try:
            times.append(path.lstat().st_mtime)
        except OSError:  # it has gone meanwhile
            continue
    return max(times)


@cache
def _place() -> str:
    machine = platform.node() + _read("/etc/machine-id")
    parts = (machine, _read("/proc/sys/kernel/random/boot_id"), _pid_namespace())
    return "".join(hashlib.sha256(part.encode()).hexdigest()[:4] for part in parts)


def _pid_namespace() -> str:
    """Name of the container's own count of processes; empty where the system has none."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8", "replace")
    except OSError:
        return ""


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
