"""Record what tensorflow-gan and tensorflow-addons compute, for our tests to compare with.

Run by `make oracles` in an environment of its own: neither library imports beside Keras 3. Writes
oracles.json next to this file; the README there says what each entry holds.
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # oneDNN's sums depend on the number of threads.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
import tensorflow_gan as tfgan
from averages import averages
from cases import formatted
from losses import losses
from metrics import metrics
from normalisations import normalisations

PATH = Path(__file__).with_name("oracles.json")


def main() -> None:
    """Record everything."""
    libraries = {"tensorflow": tf, "tensorflow-addons": tfa, "tensorflow-gan": tfgan, "numpy": np}
    oracles = {
        "versions": {name: library.__version__ for name, library in libraries.items()},
        "losses": losses(),
        "averages": averages(),
        "normalisations": normalisations(),
        "metrics": metrics(),
    }
    PATH.write_text(formatted(oracles) + "\n", encoding="utf-8")
    cases = sum(len(section) for section in oracles.values()) - len(libraries)
    print(f"{PATH.name}: {cases} cases, {PATH.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
