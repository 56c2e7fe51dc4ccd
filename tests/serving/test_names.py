"""The programs under both names of the package: in a checkout, and installed."""

import re
import subprocess
import sys

import pytest
from PIL import Image

from tests.serving.models import write_model
from tests.serving.running import Running

PACKAGES = ["serving", "keras_t2i.serving"]
SLOW = {"tensorflow", "keras", "grpc", "gradio", "pandas", "uvicorn"}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("program", ["", ".client", ".studio"])
def test_help_says_how_it_was_started_and_imports_nothing_slow(package, program):
    words = [sys.executable, "-X", "importtime", "-m", package + program, "--help"]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ended.stdout.split()[:4] == ["usage:", "python", "-m", package + program]
    imported = set(re.findall(r"\| +(\S+)$", ended.stderr, re.M))
    assert "argparse" in imported
    assert not imported & SLOW


@pytest.mark.parametrize("package", PACKAGES)
def test_server_and_client(package, tmp_path):
    write_model(tmp_path, "noise")
    flags = "--model_name=noise", f"--model_base_path={tmp_path / 'noise'}"
    with Running(*flags, package=package) as server:
        url = f"http://127.0.0.1:{server.port}/v1/models/noise"
        words = [sys.executable, "-m", f"{package}.client", url, "--count", "2", "--seed", "8"]
        subprocess.run([*words, "--out", str(tmp_path / "out")], check=True)
    drawn = [Image.open(path).getpixel((0, 0)) for path in sorted((tmp_path / "out").iterdir())]
    assert drawn == [(8, 8, 100), (9, 9, 100)]
