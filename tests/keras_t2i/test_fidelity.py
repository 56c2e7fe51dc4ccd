"""Fidelity of pictures to the very ones that they should be, against closed forms."""

import numpy as np
import pytest

from keras_t2i.tasks.image_to_image.fidelity import fidelity, hole_psnr


@pytest.fixture
def real():
    return np.random.default_rng(0).integers(40, 200, (3, 16, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("off", [1, 10, 40])
def test_psnr_of_pictures_that_are_brighter_throughout(real, off):
    found = fidelity(real + np.uint8(off), real)
    assert found["psnr"] == pytest.approx(20 * np.log10(255 / off), abs=1e-3)
    assert found["l1"] == off


def test_equal_pictures_are_a_hundred_decibels_from_noise(real):
    found = fidelity(real, real)
    assert (found["psnr"], found["l1"]) == (100.0, 0.0)
    assert found["ssim"] == pytest.approx(1.0)
    assert hole_psnr(real, real, np.ones((3, 16, 16))) == 100.0


def test_pictures_that_cannot_be_compared_are_named(real):
    for one, other in ((real[:2], real), (real[:, :10, :10], real[:, :10, :10])):
        with pytest.raises(ValueError, match=r"sides of at least 11\. Received: \("):
            fidelity(one, other)
