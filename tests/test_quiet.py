"""Nothing that TensorFlow prints while it loads reaches a user, in commands and in Python."""

import os
import subprocess
import sys
from pathlib import Path

from tests.serving.running import free_port

_ROOT = Path(__file__).parents[1]
_LOAD = "import keras_t2i; held = keras_t2i.load({!r}); "


def said(words, folder):
    """The stderr of a process of Python without the level of TensorFlow's logs that tests set."""
    own = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, cwd=folder,
        env={**own, "PYTHONPATH": str(_ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_run_is_loaded_drawn_and_exported_silently(trained, tmp_path):
    code = _LOAD.format(str(trained.path)) + "held.generate('this is red'); held.export('model')"
    assert said(["-c", code], tmp_path) == ""


def test_an_exported_model_draws_without_chatter(exported, tmp_path):
    code = _LOAD.format(str(exported)) + "held.generate('this is red')"
    assert ".cc:" not in said(["-c", code], tmp_path)


def test_the_server_starts_without_chatter_and_without_tensorflow(tmp_path):
    code = "import serving.server, serving.flags, sys; assert 'tensorflow' not in sys.modules"
    assert said(["-c", code], tmp_path) == ""


def test_a_worker_loads_without_chatter(exported, tmp_path):
    words = [sys.executable, "-m", "serving", f"--model_base_path={exported.parent}", "--port=0"]
    own = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    child = subprocess.Popen(
        [*words, f"--rest_api_port={free_port()}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
        env={**own, "PYTHONPATH": str(_ROOT)},
    )  # fmt: skip
    lines = []
    for line in child.stdout:
        lines.append(line)
        if "REST API at" in line:
            break
    child.terminate()
    rest, _ = child.communicate(timeout=40)
    assert child.returncode == 0, rest
    assert all(" INFO " in line for line in [*lines, *rest.splitlines()]), [*lines, rest]


def test_the_client_of_grpc_starts_without_chatter(tmp_path):
    code = "from serving.client import Client; Client('grpc://localhost:1')"
    assert said(["-c", code], tmp_path) == ""
