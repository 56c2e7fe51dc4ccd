"""Text-to-image GANs: prepare, train, measure, export and serve.

    import keras_t2i

    birds = keras_t2i.load("runs/birds")
    images = birds.generate("a small red bird", seed=7)

Names are imported when they are first used, so that this costs nothing; TensorFlow when something
is drawn or trained.
"""

import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any

_IS_COMMAND = sys.argv[:1] == ["-m"]  # `python -m keras_t2i.…` is about to run one
if _IS_COMMAND and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Ctrl-C while it is still being imported ends it without a traceback; the command takes over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

if TYPE_CHECKING:
    from keras_t2i.api import fit, preset, presets
    from keras_t2i.catalogue import register_preset
    from keras_t2i.commands.scores import evaluate
    from keras_t2i.components.registry import component, register
    from keras_t2i.images.sheet import grid
    from keras_t2i.loading import load
    from keras_t2i.pipelines.prepare import prepare

_HOMES = {
    "load": "keras_t2i.loading",
    "fit": "keras_t2i.api",
    "preset": "keras_t2i.api",
    "presets": "keras_t2i.api",
    "prepare": "keras_t2i.pipelines.prepare",
    "evaluate": "keras_t2i.commands.scores",
    "grid": "keras_t2i.images.sheet",
    "component": "keras_t2i.components.registry",
    "register": "keras_t2i.components.registry",
    "register_preset": "keras_t2i.catalogue",
}

__all__ = [
    "component",
    "evaluate",
    "fit",
    "grid",
    "load",
    "prepare",
    "preset",
    "presets",
    "register",
    "register_preset",
]


def __getattr__(name: str) -> Any:
    """A name of the API, imported at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
