"""What the machine is good at: precision, XLA, devices."""

import contextlib
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from keras_t2i.pipelines.lazy import tf

Precision = Literal["auto", "float32", "bfloat16"]
Switch = Literal["auto", "on", "off"]


@contextlib.contextmanager
def precision_policy(precision: Precision) -> Iterator[None]:
    """Layers created within compute so: in bfloat16 where the device is fast at it, if `auto`."""
    import keras

    if precision == "auto":
        precision = "bfloat16" if _fast_bfloat16() else "float32"
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy({"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def jit_compile(xla: Switch) -> bool:
    """Whether to compile steps with XLA: on GPUs and TPUs if `auto`; a CPU's are slower for it."""
    if xla == "auto":
        return bool(tf.config.list_physical_devices("GPU") or _tpus())
    return xla == "on"


def strategy() -> "tf.distribute.Strategy":
    """All local GPUs where there are several, else the default."""
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def _fast_bfloat16() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        return capability is not None and capability >= (8, 0)
    return bool(_tpus()) or bool({"avx512_bf16", "amx_bf16"} & _cpu_flags())


def _tpus() -> list:
    return tf.config.list_physical_devices("TPU")


def _cpu_flags() -> set[str]:
    """Linux tells the processor's abilities in a file; elsewhere none are assumed."""
    path = Path("/proc/cpuinfo")
    if platform.system() != "Linux" or not path.exists():
        return set()
    lines = (line for line in path.read_text().splitlines() if line.startswith("flags"))
    return set(next(lines, "").split())
