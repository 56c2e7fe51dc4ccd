"""TensorFlow, imported at its first use, so that `--help` answers at once."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any


class _LazyModule:
    """Stands for a module until an attribute of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if self._name not in sys.modules:
            load_tensorflow()
            importlib.import_module(self._name)
        return getattr(sys.modules[self._name], attribute)


def load_tensorflow() -> None:
    """Import TensorFlow without what its libraries print while they load."""
    if "tensorflow" not in sys.modules:
        with _without_chatter():
            importlib.import_module("tensorflow")
            # Finding the devices prints as well.
            sys.modules["tensorflow"].config.list_physical_devices()


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
