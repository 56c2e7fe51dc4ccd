"""Hardware of a training: devices, precision, XLA."""

import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from keras_t2i.pipelines.lazy import tf
from keras_t2i.training.cluster import place, several_workers

if TYPE_CHECKING:
    import keras

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
    """Whether steps are compiled with XLA, under the strategy in whose scope this is asked.

    `auto` compiles on one GPU or TPU: a CPU's steps are slower for it, and what XLA does for
    several GPUs was not measured.
    """
    if xla == "auto":
        several = tf.distribute.get_strategy().num_replicas_in_sync > 1
        return not several and bool(tf.config.list_physical_devices("GPU") or _tpus())
    return xla == "on"


def strategy() -> "tf.distribute.Strategy":
    """All workers of a cluster; all local GPUs where there are several; else the default."""
    if place()[1] > 1:
        return several_workers()
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def hardware_of(model: "keras.Model") -> dict[str, Any]:
    """Hardware that a model which is ready for `fit` will run on, as JSON values.

    Returns:
        `devices`: Their names; `replicas`: How many train side by side; `precision`: That of most
        layers' products; `xla`: Whether its step is compiled.
    """
    computed = {layer.compute_dtype for layer in model._flatten_layers(include_self=False)}
    return {
        "devices": _devices(),
        "replicas": tf.distribute.get_strategy().num_replicas_in_sync,
        "precision": "bfloat16" if "bfloat16" in computed else "float32",
        "xla": bool(model.jit_compile),
    }


def described(hardware: dict[str, Any]) -> str:
    """Line of text for the values of `hardware_of`."""
    side_by_side = f" × {hardware['replicas']} replicas" if hardware["replicas"] > 1 else ""
    compiled = "compiled by XLA" if hardware["xla"] else "not compiled by XLA"
    return f"{', '.join(hardware['devices'])}{side_by_side}, {hardware['precision']}, {compiled}"


def tell_of_unused_gpu(reason: str | None) -> None:
    """Say loudly, on stderr, that the machine has a GPU which TensorFlow cannot use.

    Args:
        reason: Why (`pipelines.gpus.reason_without_gpu`); `None` where there is nothing to tell.
    """
    if reason:
        print(
            "WARNING: this machine has an NVIDIA GPU, but TensorFlow cannot use it; everything "
            f"runs on the CPU.\n  {reason}\n  `pip install 'keras-t2i[cuda]'` brings the libraries "
            "that it needs.",
            file=sys.stderr,
        )


def _devices() -> list[str]:
    """Names of the GPUs, or of the TPUs, or of the CPU."""
    details = tf.config.experimental.get_device_details
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return [details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if _tpus():
        return [device.name for device in _tpus()]
    return [f"CPU ({platform.machine()}, {os.cpu_count()} cores)"]


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
