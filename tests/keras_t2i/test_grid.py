"""Sheets of pictures."""

import numpy as np

from keras_t2i.images.grid import captioned_grid, enlarged, grid_pictures


def test_a_sheet_gives_its_pictures_back():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 5, 16, 16, 3), dtype=np.uint8)
    sheet = captioned_grid(["one", "two", "three"], pictures)
    np.testing.assert_array_equal(grid_pictures(sheet, 16), pictures)


def test_small_pictures_are_shown_larger():
    pictures = np.full((1, 2, 32, 32, 3), 40, dtype=np.uint8)
    pictures[:, 1] = 200
    found = grid_pictures(captioned_grid(["one"], pictures), 64)
    assert found.shape == (1, 2, 64, 64, 3)
    assert (found[0, 0] == 40).all()
    assert (found[0, 1] == 200).all()


def test_larger_pixels():
    picture = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    large = enlarged(picture, 6)
    assert large.shape == (1, 6, 6, 3)
    np.testing.assert_array_equal(large[:, ::3, ::3], picture)
    np.testing.assert_array_equal(large[:, 2::3, 2::3], picture)
