import numpy as np
import pandas as pd
import pytest

from tilefold.report.figures_calibration import merge_risks
from tilefold.validation.calibration import calibration_scores, reliability, risk_coverage

CODES = np.array([2, 3, 9])
SIDES = ("in_area", "out_of_area")


@pytest.fixture(scope="module")
def pixels():
    """Pixels whose confidences are too high out of area; some have no class."""
    rng = np.random.default_rng(0)
    n = 4000
    code, out = rng.choice(CODES, n), rng.random(n) < 0.4
    confidence = rng.integers(34, 101, n)
    right = rng.random(n) < confidence / 100 - 0.2 * out
    predicted = np.where(right, code, CODES[(np.searchsorted(CODES, code) + rng.integers(1, 3, n)) % 3])
    predicted[:50], confidence[:50] = 0, 255
    columns = {"code": code, "predicted": predicted, "confidence": confidence.astype("uint8")}
    return pd.DataFrame(columns | {"role": "test", "held_out_pixel": out})


def part_of(pixels, side):
    return pixels[(pixels["held_out_pixel"] == (side == "out_of_area")) & (pixels["predicted"] != 0)]


@pytest.mark.parametrize("side", SIDES)
def test_error_equals_torchmetrics(pixels, side):
    metrics = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    part = part_of(pixels, side)
    # Binary: the probability that the label is right. In double, since 0.7 must not fall into the bin above.
    confidence = torch.from_numpy(part["confidence"].to_numpy() / 100 - 1e-9)
    right = torch.from_numpy((part["code"] == part["predicted"]).to_numpy().astype(int))
    expected = float(metrics.binary_calibration_error(confidence, right, n_bins=10, norm="l1"))
    bins = reliability(pixels, SIDES, 0)
    scores = calibration_scores(bins[bins["side"] == side])
    assert scores.loc[scores["class"].isna(), "ece"].item() == pytest.approx(expected, abs=1e-5)
    assert (expected > 0.15) == (side == "out_of_area")


def test_bins_equal_pandas(pixels):
    bins = reliability(pixels, SIDES, 0)
    part = part_of(pixels, "out_of_area")
    part = part[(part["predicted"] == 3) & (part["confidence"] > 60) & (part["confidence"] <= 70)]
    chosen = (bins["side"] == "out_of_area") & (bins["class"] == 3) & (bins["to"] == 70)
    row = bins[chosen].iloc[0]
    assert row["n_pixels"] == len(part)
    assert row["confidence"] == pytest.approx(part["confidence"].mean() / 100)
    assert row["accuracy"] == pytest.approx((part["code"] == 3).mean())
    whole = bins[(bins["side"] == "in_area") & bins["class"].isna()]
    assert whole["n_pixels"].sum() == len(part_of(pixels, "in_area"))


def test_risk_by_hand(pixels):
    table = risk_coverage(pixels, SIDES, 0)
    part = part_of(pixels, "in_area")
    kept = part[part["confidence"] >= 80]
    row = table[(table["side"] == "in_area") & (table["confidence"] == 80)].iloc[0]
    assert row["coverage"] == pytest.approx(len(kept) / len(part))
    assert row["risk"] == pytest.approx((kept["code"] != kept["predicted"]).mean())
    last = table[table["side"] == "in_area"].iloc[-1]
    assert last["coverage"] == 1
    assert last["risk"] == pytest.approx((part["code"] != part["predicted"]).mean())


def test_curves_of_two_runs_are_those_of_all_their_pixels(pixels):
    half = np.arange(len(pixels)) % 3 == 0
    risks = [
        risk_coverage(pixels[mask], ["in_area"], 0).assign(run=str(i)) for i, mask in enumerate((half, ~half))
    ]
    coverage, risk = merge_risks(pd.concat(risks, ignore_index=True))
    whole = risk_coverage(pixels, ["in_area"], 0)
    np.testing.assert_allclose(coverage, whole["coverage"])
    np.testing.assert_allclose(risk, whole["risk"])
    bins = [reliability(pixels[mask], ["in_area"], 0) for mask in (half, ~half)]
    merged, once = (
        calibration_scores(pd.concat(bins)),
        calibration_scores(reliability(pixels, ["in_area"], 0)),
    )
    pd.testing.assert_frame_equal(merged, once)


def test_a_side_without_pixels(pixels):
    nothing = pixels[~pixels["held_out_pixel"]]
    assert (reliability(nothing, SIDES, 0)["side"] == "in_area").all()
    assert (risk_coverage(nothing, SIDES, 0)["side"] == "in_area").all()
