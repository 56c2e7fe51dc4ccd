import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.augmentation import Cutout, Translation, augment

SEED = tf.constant([1, 2], tf.int64)


def test_translation_shifts_within_its_ratio_and_fills_with_zero():
    images = np.random.default_rng(0).uniform(0.1, 1, (6, 16, 16, 3)).astype("float32")
    moved = Translation(0.25)(tf.constant(images), SEED).numpy()
    shifts = set()
    for before, after in zip(images, moved, strict=True):
        fits = [
            (dy, dx)
            for dy in range(-4, 5)
            for dx in range(-4, 5)
            if np.allclose(after, shifted(before, dy, dx), atol=1e-6)
        ]
        assert len(fits) == 1
        shifts.add(fits[0])
    assert len(shifts) > 1


def shifted(image, dy, dx):
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)))
    return padded[4 - dy : 20 - dy, 4 - dx : 20 - dx]


def test_cutout_removes_one_square():
    cut = Cutout(0.5)(tf.ones((8, 16, 16, 3)), SEED).numpy()
    for image in cut:
        hole = image[..., 0] == 0
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        assert hole.sum() == len(rows) * len(columns)
        assert 1 <= len(rows) <= 8
        assert 1 <= len(columns) <= 8
    assert len({image.tobytes() for image in cut}) > 1


def test_gradients_pass_through_what_is_left():
    images = tf.ones((4, 8, 8, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(augment(images, (Translation(), Cutout(0.5)), SEED))
    gradient = tape.gradient(total, images).numpy()
    assert set(np.unique(gradient)) == {0.0, 1.0}
    assert gradient.sum() == float(total)


def test_the_same_seed_is_the_same_augmentation():
    images = tf.random.stateless_uniform((4, 8, 8, 3), SEED)
    first, second = (augment(images, (Translation(), Cutout()), SEED) for _ in range(2))
    np.testing.assert_array_equal(first, second)
