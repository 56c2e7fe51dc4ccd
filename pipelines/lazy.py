"""TensorFlow, imported at its first use, so that `--help` answers at once."""

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

_LOADING = threading.RLock()


class _LazyModule:
    """Stands for a module until an attribute of it is asked for.

    `importlib.util.LazyLoader` (and `lazy_loader`, which builds on it) would put the unloaded
    module into `sys.modules`. Whatever looks through that, as `inspect.stack` does, loads it; and
    until Python 3.11.9 and 3.12.3 one of two threads that use it at once finds it empty.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        load_tensorflow()
        return getattr(importlib.import_module(self._name), attribute)


def load_tensorflow() -> None:
    """Import TensorFlow without what its libraries print while they load.

    Why a GPU is not found is lost with it; `gpus.reason_without_gpu` tells.
    """
    with _LOADING:
        if "tensorflow" not in sys.modules:
            with _without_chatter():
                # Finding the devices prints as well.
                importlib.import_module("tensorflow").config.list_physical_devices()


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Drop what TensorFlow's libraries print while they load; what they raise still comes through.

    They write to the file descriptor before any log level applies. TF_CPP_MIN_LOG_LEVEL, if set,
    is left to rule.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


if TYPE_CHECKING:
    import tensorflow as tf
    import tensorflow_text as tf_text
else:
    tf = _LazyModule("tensorflow")
    tf_text = _LazyModule("tensorflow_text")
