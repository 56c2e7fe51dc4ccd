"""TensorFlow imported without what its libraries print while they load and look for devices.

The server stands alone, so that it does not share this with `pipelines.lazy`.
"""

import importlib
import os
import sys


def load_tensorflow() -> None:
    """Import TensorFlow silently; its warnings and errors after that are printed.

    Its libraries write to the file descriptor before any log level applies. TF_CPP_MIN_LOG_LEVEL,
    if set, is left to rule.
    """
    if "tensorflow" in sys.modules:
        return
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        importlib.import_module("tensorflow")
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "1"  # what is no warning is left out
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        importlib.import_module("tensorflow").config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
