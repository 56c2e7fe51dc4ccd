"""Memory that a training needed."""

import sys


def peak_memory() -> float | None:
    """Most memory that this process ever held, in GiB; `None` where the system does not tell.

    Memory of a GPU is not in it.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30, 2)
