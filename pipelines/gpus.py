"""Why TensorFlow finds no GPU on a machine that has one.

TensorFlow starts silently here (`lazy`), so that what its libraries say of a GPU that they cannot
use is lost; a second process says it again.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .lazy import tf

_NO_REASON = "TensorFlow does not say why"
_PROBE = """
import sys
import tensorflow as tf
tf.config.list_physical_devices("GPU")
if not tf.test.is_built_with_cuda():
    sys.exit("This TensorFlow is built without CUDA")
"""
_LOG_PREFIX = re.compile(r"^.*\.cc:\d+\] ")
_TELLING = re.compile(
    r"Could not load dynamic library|Cannot dlopen some GPU|Could not find cuda drivers|"
    r"failed call to cuInit|does not match DSO version|kernel driver does not appear|"
    r"insufficient driver version|Ignoring visible gpu device|built without CUDA"
)
_OPTIONAL = "libnvinfer"  # TensorRT: a GPU works without it


def has_nvidia_device(root: Path = Path("/"), search_path: str | None = None) -> bool:
    """Whether the machine has a GPU of NVIDIA's: its device file, its driver, or nvidia-smi's word.

    Args:
        root: The root of the file system.
        search_path: Folders in which nvidia-smi may lie; by default those of PATH.
    """
    if any((root / name).exists() for name in ("dev/nvidia0", "proc/driver/nvidia/version")):
        return True
    program = shutil.which("nvidia-smi", path=search_path)
    return program is not None and "GPU 0" in _output_of([program, "-L"]).stdout


def import_messages() -> str:
    """Messages of TensorFlow while a fresh process imports it and looks for GPUs."""
    # At this level the libraries that cannot be loaded are named too.
    logging = {"TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_VMODULE": "dso_loader=1"}
    return _output_of([sys.executable, "-c", _PROBE], os.environ | logging).stderr


def visible_gpus() -> Sequence[object]:
    """The GPUs that TensorFlow sees in this process."""
    return tf.config.list_physical_devices("GPU")


def reason_without_gpu(
    *,
    has_device: Callable[[], bool] = has_nvidia_device,
    visible_gpus: Callable[[], Sequence[object]] = visible_gpus,
    messages: Callable[[], str] = import_messages,
    environment: Mapping[str, str] = os.environ,
) -> str | None:
    """Why TensorFlow uses no GPU although the machine has one of NVIDIA's.

    Where there is no such device, a few files are looked for and nothing is loaded. Where there is
    one and TensorFlow does not see it, a process starts that takes seconds.

    Args:
        has_device: Function that says whether the machine has a device.
        visible_gpus: Function that gives the GPUs that TensorFlow sees in this process.
        messages: Function that gives TensorFlow's messages while it looks for GPUs.
        environment: Variables of this process.

    Returns:
        TensorFlow's sentences in one line; `None` without a device, where TensorFlow sees a GPU,
        and where CUDA_VISIBLE_DEVICES hides all of them on purpose.
    """
    if environment.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return None
    if not has_device() or visible_gpus():
        return None
    printed = (_LOG_PREFIX.sub("", line).strip(" .") for line in messages().splitlines())
    telling = [line for line in printed if _TELLING.search(line) and _OPTIONAL not in line]
    return ". ".join(dict.fromkeys(telling) or [_NO_REASON]) + "."


def _output_of(
    command: list[str], environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Output of a program; empty if it cannot be run or hangs."""
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=120
        )
    except (OSError, subprocess.SubprocessError):
        return subprocess.CompletedProcess(command, 1, "", "")
