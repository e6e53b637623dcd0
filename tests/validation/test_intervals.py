import numpy as np
import pytest

from tilefold.validation.intervals import Gap, generator, paired_gaps
from tilefold.validation.matrices import UnitCounts
from tilefold.validation.metrics import mean_f1, overall_accuracy

CLASSES = 4
CODES = (1, 2, 5, 9)


def world(rng, polygons, shift, pixels=60):
    """Two models on the same polygons, all classes alike: the second is right less often by `shift`."""
    classes = np.repeat(np.arange(CLASSES), polygons)
    right = np.clip(0.8 + 0.12 * rng.standard_normal(len(classes)), 0.05, 0.95)
    size = np.full(len(classes), pixels)

    def counts(share):
        hits = rng.binomial(size, share)
        table = np.zeros((len(classes), CLASSES), np.int64)
        table[np.arange(len(classes)), classes] = hits
        table[np.arange(len(classes)), (classes + 1) % CLASSES] = size - hits
        return UnitCounts(CODES, np.arange(len(classes)), classes, table, np.zeros(len(classes), np.int64))

    own = 0.08 * rng.standard_normal(len(classes))
    return counts(right), counts(np.clip(right - shift + own, 0.02, 0.98))


def gaps(first, second, common=None, seed=0, replicates=1000):
    common = np.ones(CLASSES, bool) if common is None else common
    return paired_gaps(first, second, common, replicates=replicates, rng=np.random.default_rng(seed))


def test_value_is_the_difference_of_the_tables():
    first, second = world(np.random.default_rng(0), 10, 0.2)
    common = np.array([True, False, True, True])
    gap, gap_oa = gaps(first, second, common)
    assert gap.value == float(mean_f1(first.matrix, common) - mean_f1(second.matrix, common))
    assert gap_oa.value == float(overall_accuracy(first.matrix) - overall_accuracy(second.matrix))
    assert gap.n_polygons == 30
    assert gap_oa.n_polygons == 40
    assert gap.low < gap.value < gap.high
    assert gap_oa.low < gap_oa.value < gap_oa.high


@pytest.mark.parametrize("polygons", [4, 12])
def test_intervals_cover_the_true_gap(polygons):
    rng = np.random.default_rng(8)
    large = world(rng, 5000, 0.2)
    truth = float(overall_accuracy(large[0].matrix) - overall_accuracy(large[1].matrix))
    truth_f1 = float(mean_f1(large[0].matrix) - mean_f1(large[1].matrix))
    trials = 60
    found = [gaps(*world(rng, polygons, 0.2), seed=trial) for trial in range(trials)]
    # Nominal 0.95; of 60 trials fewer than 51 hits have a chance under 0.2 % where the coverage is 0.93.
    assert sum(oa.low <= truth <= oa.high for _, oa in found) >= 51
    assert sum(f1.low <= truth_f1 <= f1.high for f1, _ in found) >= 51


def test_no_shift_gives_an_interval_around_zero():
    rng = np.random.default_rng(5)
    found = [gaps(*world(rng, 12, 0.0), seed=trial)[0] for trial in range(40)]
    assert sum(gap.low <= 0 <= gap.high for gap in found) >= 34


def test_pairing_makes_the_interval_narrow():
    first, second = world(np.random.default_rng(1), 12, 0.1)
    # The same second model, its polygons exchanged within each class: the totals stay, the pairs are lost.
    exchanged = second.predicted.reshape(CLASSES, 12, CLASSES)[:, ::-1].reshape(-1, CLASSES)
    loose = UnitCounts(CODES, second.groups, second.classes, exchanged, second.nodata)
    paired, unpaired = gaps(first, second)[1], gaps(first, loose)[1]
    assert paired.value == unpaired.value
    assert paired.high - paired.low < 0.8 * (unpaired.high - unpaired.low)


def test_variance_is_that_of_the_mean_of_polygons():
    """With equal polygons OA is a mean of means by class, whose variance has a formula."""
    first, second = world(np.random.default_rng(3), 6, 0.2)
    gap = gaps(first, second, replicates=20000)[1]
    units = np.arange(len(first.classes))
    differences = (first.predicted - second.predicted)[units, first.classes] / 60
    by_class = differences.reshape(CLASSES, 6)
    error = np.sqrt((by_class.var(axis=1, ddof=1) / 6).sum()) / CLASSES
    assert gap.high - gap.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_same_draws_from_the_same_key_only():
    first, second = world(np.random.default_rng(1), 12, 0.1)
    common = np.ones(CLASSES, bool)

    def interval(fold, seed, bootstrap_seed=0):
        rng = generator(bootstrap_seed, fold, seed)
        return paired_gaps(first, second, common, replicates=1000, rng=rng)

    assert interval("without_T", 1) == interval("without_T", 1)
    limits = {
        interval(*key)[0].low
        for key in (("without_T", 1), ("without_U", 1), ("without_T", 2), ("without_T", 1, 7))
    }
    assert len(limits) == 4


def test_few_polygons_give_no_interval():
    first, second = world(np.random.default_rng(1), 1, 0.2)
    for gap in gaps(first, second):
        assert np.isnan([gap.low, gap.high]).all()
        assert gap.value > 0
        assert gap.note == "no interval: 4 polygon(s), at least 5 are needed"


def test_five_to_fifteen_polygons_are_optimistic():
    gap, _ = gaps(*world(np.random.default_rng(1), 3, 0.2))
    assert gap.note == "optimistic: 12 polygons in all; fewer than 5 polygons in class 1, 2, 5, 9"
    gap, _ = gaps(*world(np.random.default_rng(1), 4, 0.2))
    assert gap.note == "optimistic: fewer than 5 polygons in class 1, 2, 5, 9"
    gap, _ = gaps(*world(np.random.default_rng(1), 6, 0.2))
    assert gap.note == ""


def test_zero_width_is_never_printed():
    first, _ = world(np.random.default_rng(1), 8, 0.2)
    for gap in gaps(first, first):
        assert gap.value == 0
        assert np.isnan([gap.low, gap.high]).all()
        assert "does not change" in gap.note


def test_no_common_class_gives_no_gap_of_mean_f1():
    first, second = world(np.random.default_rng(1), 8, 0.2)
    gap, gap_oa = gaps(first, second, np.zeros(CLASSES, bool))
    assert np.isnan(gap.value)
    assert gap.n_polygons == 0
    assert gap.note.startswith("no interval: no class")
    assert gap_oa.low < gap_oa.high


def test_empty_sides():
    nothing = UnitCounts(
        CODES, *[np.zeros(0, np.int64)] * 2, np.zeros((0, 4), np.int64), np.zeros(0, np.int64)
    )
    for gap in gaps(nothing, nothing):
        assert isinstance(gap, Gap)
        assert np.isnan(gap.value)


def test_wrong_calls_are_refused():
    first, second = world(np.random.default_rng(1), 8, 0.2)
    with pytest.raises(ValueError, match="at least 1000"):
        gaps(first, second, replicates=999)
    other, _ = world(np.random.default_rng(1), 7, 0.2)
    with pytest.raises(ValueError, match="same polygons"):
        gaps(first, other)
