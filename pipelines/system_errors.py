"""Errors of the system, of Python and of TensorFlow, in one line: the place and the reason."""

import errno
import os
import re
import sys

_FULL = {errno.ENOSPC, errno.EDQUOT}
# TensorFlow's file systems write `PLACE; REASON`, the reason as the system says it.
_REASONS = {
    os.strerror(number): number
    for number in (
        *_FULL, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR,
        errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EIO, errno.EMFILE, errno.ENFILE,
        errno.ESTALE, errno.ELOOP,
    )
}  # fmt: skip
_OF_TENSORFLOW = re.compile(
    rf"(?P<place>[^\n;{{}}]*); (?P<reason>{'|'.join(map(re.escape, _REASONS))})"
)
_LONGEST = 300


def told(error: Exception) -> str | None:
    """A line for an error of the system: which place, and why; `None` for any other error.

    Args:
        error: An `OSError`, or what TensorFlow raises where a file cannot be read or written.
    """
    if isinstance(error, OSError):
        places = [name for name in (error.filename, error.filename2) if name is not None]
        place = " → ".join(os.fsdecode(name) if isinstance(name, bytes) else str(name)
                           for name in places)  # fmt: skip
        reason, number = error.strerror or _first_line(error), error.errno
    else:
        found = _OF_TENSORFLOW.search(str(error)) if _is_of_tensorflow(error) else None
        if found is None:
            return None
        place, reason, number = found["place"].strip(), found["reason"], _REASONS[found["reason"]]
    if number in _FULL:
        return f"the disk is full ({f'{place}: ' if place else ''}{reason})."
    if number == errno.EFBIG:
        reason = f"{reason}: it passes the limit of this process or file system (ulimit -f)"
    return f"{place or 'A file or connection'}: {reason}."


def _is_of_tensorflow(error: Exception) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:_LONGEST].rstrip(".")
