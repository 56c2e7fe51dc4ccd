"""Feature extractors on real pictures."""

import numpy as np
import pytest

from keras_t2i.metrics.extractors.squeezenet import SqueezeNet
from keras_t2i.metrics.resizing import clean
from pipelines.errors import InputError
from pipelines.images import open_picture, resized

ALBATROSS = 146  # of ImageNet's classes


def test_squeezenet_knows_an_albatross(shared):
    folder = next((shared / "data" / "cub10").glob("*/images/002*"))
    pictures = np.stack([resized(open_picture(p), 256) for p in sorted(folder.iterdir())[:8]])
    network = SqueezeNet(shared / "weights" / "squeezenet_v1_0.npz")
    found = network(clean(pictures, network.size))
    assert found["features"].shape == (8, 512)
    assert np.mean(found["logits"].numpy().argmax(1) == ALBATROSS) > 0.7


def test_what_is_no_squeezenet_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz: not readable"):
        SqueezeNet(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    with pytest.raises(InputError, match="conv1/w is missing"):
        SqueezeNet(tmp_path / "other.npz")


def test_clean_resizing_antialiases_and_does_not_round():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    small = clean(noise, 16)
    blocks = noise.reshape(2, 16, 4, 16, 4, 3).mean((2, 4))
    assert np.corrcoef(small.ravel(), blocks.ravel())[0, 1] > 0.8  # one pixel in 16 gives ¼
    assert np.abs(small - np.rint(small)).max() > 0.3
    np.testing.assert_array_equal(clean(noise, 64), noise)
    flat = np.full((1, 10, 10, 3), 255, np.uint8)
    np.testing.assert_allclose(clean(flat, 23), 255.0, atol=1e-3)
