"""The score that finds the dots of transposed convolutions."""

import numpy as np
import pytest

from keras_t2i.metrics.checkerboard import alternating_share


def smooth(side=32):
    rows, columns = np.mgrid[0:side, 0:side] / side
    grey = 128 + 60 * np.sin(2 * np.pi * rows) * np.cos(2 * np.pi * columns)
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_a_checkerboard_is_all_of_its_own_energy():
    board = 127.5 + 100 * (-1.0) ** np.add.outer(np.arange(16), np.arange(16))
    dotted = np.repeat(board[:, :, None], 3, axis=2).astype("uint8")
    assert alternating_share(dotted) == pytest.approx(1.0, abs=1e-3)
    stripes = np.repeat(board[:, :1, None], 16, axis=1).repeat(3, axis=2).astype("uint8")
    assert alternating_share(stripes) == pytest.approx(1.0, abs=1e-3)


def test_a_smooth_picture_has_none_and_dots_add_some():
    plain = smooth()
    dots = 12 * (-1.0) ** np.add.outer(np.arange(32), np.arange(32))[:, :, None]
    assert alternating_share(plain.astype("uint8")) < 1e-3
    # The board's energy is 12²; that of the waves 60² / 4.
    wanted = 12**2 / (12**2 + 60**2 / 4)
    assert alternating_share((plain + dots).astype("uint8")) == pytest.approx(wanted, rel=0.02)


def test_odd_sides_and_even_pictures():
    assert alternating_share(np.full((7, 5, 3), 90, "uint8")) == 0
    assert (
        0 < alternating_share(np.random.default_rng(0).integers(0, 256, (31, 33, 3), "uint8")) < 1
    )
