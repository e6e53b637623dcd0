import numpy as np
import pytest

from tilefold.folds import statistics
from tilefold.folds.statistics import RunningStatistics, SampleQuantiles, draw_share, rank_error


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


def test_quantiles_are_numpys():
    rng = np.random.default_rng(1)
    values = rng.normal(5, 2, (997, 6)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 1] = np.nan
    values[1:, 2] = np.nan
    values[0, 2] = 7
    quantiles = SampleQuantiles(len(values))
    for start in range(0, len(values), 64):
        quantiles.add(values[start : start + 64])
    found = quantiles.result()
    assert list(found) == ["quantile_0.1", "quantile_0.5", "quantile_0.95"]
    known = [0, 2, 3, 4, 5]
    for share in (0.1, 0.5, 0.95):
        column = found[f"quantile_{share}"]
        expected = np.nanquantile(values[:, known].astype(np.float64), share, axis=0)
        assert column[1] is None
        assert [column[place] for place in known] == pytest.approx(expected, rel=1e-12)


def test_quantiles_of_no_rows_are_unknown():
    quantiles = SampleQuantiles(0)
    quantiles.add(np.empty((0, 2), np.float32))
    assert quantiles.result() == {f"quantile_{share}": [None, None] for share in (0.1, 0.5, 0.95)}


def test_the_share_is_drawn_by_the_seed(monkeypatch):
    taken = draw_share(1001, 0.1, seed=3)
    assert taken.sum() == 101
    assert (taken == draw_share(1001, 0.1, seed=3)).all()
    assert (taken != draw_share(1001, 0.1, seed=4)).any()
    assert draw_share(1001, 1.0, seed=0).all()
    assert draw_share(0, 0.5, seed=0).size == 0
    monkeypatch.setattr(statistics, "MOST_SAMPLES", 50)
    assert draw_share(1001, 0.1, seed=3).sum() == 50


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_the_error_of_quantiles_is_as_told(share):
    available = 2000
    values = np.sort(np.random.default_rng(0).normal(size=available)).astype(np.float32)
    taken = [draw_share(available, share, seed) for seed in range(300)]
    error = rank_error(int(taken[0].sum()), available)
    for quantile in (0.1, 0.5, 0.95):
        found = [np.quantile(values[drawn], quantile) for drawn in taken]
        ranks = np.searchsorted(values, found) / available
        assert np.mean(np.abs(ranks - quantile) > error) <= 0.05
    # It is not told too large either: what is seen most is above a third of it at the median.
    ranks = np.searchsorted(values, [np.median(values[drawn]) for drawn in taken]) / available
    assert np.abs(ranks - 0.5).max() > error / 3


def test_the_error_by_hand():
    assert rank_error(1, 10**9) == pytest.approx(np.sqrt(np.log(40) / 2), rel=1e-6)
    assert rank_error(65_536, 1_780_332) == pytest.approx(0.0052, abs=5e-5)
    assert rank_error(1000, 1000) == pytest.approx(0.00136, abs=5e-6)
