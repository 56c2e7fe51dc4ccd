"""Points of mixtures."""

import numpy as np
import pytest

from keras_t2i.pipelines.points import Grid, Ring, mixture_points


def batches(mixture, count, start=0, **options):
    points = mixture_points(mixture, 256, start_step=start, **options)
    return [batch["image"].numpy() for batch in points.take(count)]


@pytest.mark.parametrize(("mixture", "modes"), [(Ring(), 8), (Grid(), 25), (Ring(3, 1.0, 0.1), 3)])
def test_points_lie_about_their_centres(mixture, modes):
    points = np.concatenate(batches(mixture, 20))
    apart = np.linalg.norm(points[:, None] - mixture.centres, axis=-1)
    assert len(mixture.centres) == modes
    counts = np.bincount(apart.argmin(1), minlength=modes)
    assert counts.min() > 0.7 * len(points) / modes
    # The length of a round Gaussian in the plane has the mean √(π/2) σ.
    np.testing.assert_allclose(apart.min(1).mean(), 1.2533 * mixture.deviation, rtol=0.05)


def test_a_batch_is_a_function_of_seed_and_step():
    whole = batches(Ring(), 4, seed=3)
    np.testing.assert_array_equal(batches(Ring(), 1, start=2, seed=3)[0], whole[2])
    assert np.abs(whole[0] - whole[1]).max() > 0.1
    assert np.abs(batches(Ring(), 1, seed=4)[0] - whole[0]).max() > 0.1
