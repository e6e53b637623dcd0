import numpy as np
import pytest

from tilefold.folds.statistics import RunningStatistics


def test_blocks_give_what_numpy_gives_for_all():
    rng = np.random.default_rng(0)
    values = (rng.normal(1e4, 3, (1000, 5))).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 3] = np.nan
    running = RunningStatistics()
    for start in range(0, 1000, 64):
        running.add(values[start : start + 64])
    found = running.result()
    known = values[:, [0, 1, 2, 4]].astype(np.float64)
    for name, function in (("mean", np.nanmean), ("var", np.nanvar), ("min", np.nanmin), ("max", np.nanmax)):
        assert found[name][3] is None
        assert [found[name][place] for place in (0, 1, 2, 4)] == pytest.approx(
            function(known, axis=0), rel=1e-9
        )


def test_a_column_that_is_known_only_later():
    running = RunningStatistics()
    running.add(np.array([[np.nan], [np.nan]], np.float32))
    running.add(np.array([[2.0], [4.0]], np.float32))
    assert running.result() == {"mean": [3.0], "var": [1.0], "min": [2.0], "max": [4.0]}
