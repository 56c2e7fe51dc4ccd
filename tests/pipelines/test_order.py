"""Orders of rows."""

import time

import numpy as np

from keras_t2i.pipelines.order import ranks_in_groups


def test_ranks_in_groups():
    groups = np.array([3, -1, 3, 0, 3, -1])
    np.testing.assert_array_equal(ranks_in_groups(groups), [0, 0, 1, 0, 2, 1])
    assert len(ranks_in_groups(np.zeros(0, int))) == 0
    started = time.process_time()
    ranks = ranks_in_groups(np.arange(300_000))  # each row a group by itself: not one pass a group
    assert time.process_time() - started < 2
    assert not ranks.any()
