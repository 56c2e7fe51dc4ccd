"""Why a GPU is not used."""

import subprocess
import sys
from pathlib import Path

import pytest

from keras_t2i.pipelines.gpus import has_nvidia_device, reason_without_gpu

ROOT = Path(__file__).parents[2]
STAMP = "0000 00:00:1795703802.523614    5531"
WITHOUT_LIBRARIES = f"""
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I{STAMP} cpu_feature_guard.cc:227] This TensorFlow binary is optimized to use available CPU.
I{STAMP} dso_loader.cc:144] Could not load dynamic library 'libnvinfer.so.8'; dlerror: not found
I{STAMP} dso_loader.cc:144] Could not load dynamic library 'libcudnn.so.9'; dlerror: not found
I{STAMP} dso_loader.cc:144] Could not load dynamic library 'libcudnn.so.9'; dlerror: not found
W{STAMP} gpu_device.cc:2365] Cannot dlopen some GPU libraries. Please make sure that they are there.
Skipping registering GPU devices...
"""
OTHER_DRIVER = f"""
E{STAMP} cuda_platform.cc:52] failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown error
I{STAMP} cuda_diagnostics.cc:171] libcuda reported version is: 550.54.15
E{STAMP} cuda_diagnostics.cc:303] kernel version 535.1.0 does not match DSO version 550.54.15 -- \
cannot find working devices in this configuration
"""
OLD_DEVICE = f"""
I{STAMP} gpu_device.cc:2430] Ignoring visible gpu device (device: 0, name: K20, capability: \
3.5) with Cuda compute capability 3.5. The minimum required Cuda capability is 6.0.
"""


def reason(printed="", device=True, gpus=(), **variables):
    return reason_without_gpu(
        has_device=lambda: device,
        visible_gpus=lambda: gpus,
        messages=lambda: printed,
        environment=variables,
    )


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            WITHOUT_LIBRARIES,
            "Could not load dynamic library 'libcudnn.so.9'; dlerror: not found. Cannot dlopen "
            "some GPU libraries. Please make sure that they are there.",
        ),
        (
            OTHER_DRIVER,
            "failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown error. kernel version 535.1.0 does "
            "not match DSO version 550.54.15 -- cannot find working devices in this configuration.",
        ),
        (
            OLD_DEVICE,
            "Ignoring visible gpu device (device: 0, name: K20, capability: 3.5) with Cuda "
            "compute capability 3.5. The minimum required Cuda capability is 6.0.",
        ),
        ("This TensorFlow is built without CUDA\n", "This TensorFlow is built without CUDA."),
        ("", "TensorFlow does not say why."),
    ],
)
def test_the_sentences_that_tell_why(printed, told):
    assert reason(printed) == told


def test_nothing_is_told_where_nothing_is_wrong():
    assert reason(OTHER_DRIVER, device=False) is None
    assert reason(OTHER_DRIVER, gpus=("GPU:0",)) is None
    assert reason(OTHER_DRIVER, CUDA_VISIBLE_DEVICES="") is None
    assert reason(OTHER_DRIVER, CUDA_VISIBLE_DEVICES="-1") is None
    assert reason(OTHER_DRIVER, CUDA_VISIBLE_DEVICES="1") is not None


def never():
    raise AssertionError("must not be asked")


def test_a_machine_without_a_device_pays_nothing():
    asked = reason_without_gpu(has_device=lambda: False, visible_gpus=never, messages=never)
    assert asked is None
    assert (
        reason_without_gpu(
            has_device=lambda: True, visible_gpus=lambda: ["GPU"], messages=never, environment={}
        )
        is None
    )


def nvidia_smi(folder, script):
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(folder)


def test_where_a_device_shows(tmp_path):
    assert not has_nvidia_device(tmp_path, search_path="")
    lists = nvidia_smi(tmp_path / "lists", "echo 'GPU 0: NVIDIA T4 (UUID: GPU-1)'")
    fails = nvidia_smi(tmp_path / "fails", "echo 'NVIDIA-SMI has failed'; exit 9")
    assert has_nvidia_device(tmp_path, lists)
    assert not has_nvidia_device(tmp_path, fails)
    for name in ("dev/nvidia0", "proc/driver/nvidia/version"):
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True)
        file.touch()
        assert has_nvidia_device(tmp_path / "root", fails)
        file.unlink()


def test_a_fresh_tensorflow_tells_what_it_misses():
    if has_nvidia_device():
        pytest.skip("this machine has a device")
    told = reason_without_gpu(has_device=lambda: True, visible_gpus=list, environment={})
    assert "libcuda.so.1" in told or "built without CUDA" in told


def test_threads_that_need_tensorflow_at_once_wait_for_it():
    program = """
import threading
from pipelines.lazy import tf
found = []
threads = [threading.Thread(target=lambda: found.append(int(tf.constant(7)))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(found)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.stdout.split("\n")[0] == "[7, 7, 7, 7]", ended.stderr
