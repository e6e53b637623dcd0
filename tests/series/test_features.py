from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilefold.series.catalogue import FEATURES
from tilefold.series.features import FORMULAS, tensor
from tilefold.series.inputs import component_names

SPEC: dict[str, Any] = {
    "kind": "series",
    "bands": ["B3", "B4", "B8", "B11"],
    "dates": ["2018-01-01", "2018-01-11", "2018-01-21"],
    "scale": 1e-4,
    "offset": 0.0,
    "features": ["ndvi", "ndwi", "brightness"],
    "aliases": {"red": "B4", "nir": "B8", "swir": "B11"},
}


def random_values(pixels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-500, 10000, (pixels, 3, 4)).astype(np.int16)


def test_every_feature_has_a_formula_and_a_catalogue_entry() -> None:
    assert list(FORMULAS) == list(FEATURES)


def test_component_names() -> None:
    assert component_names(SPEC) == ["B3", "B4", "B8", "B11", "ndvi", "ndwi", "brightness"]
    assert component_names({"kind": "static", "bands": 2}) == ["band_1", "band_2"]


def test_components_by_hand() -> None:
    values = np.array([[[300, 400, 2000, 1200]] * 3], np.int16)
    found = tensor(values, SPEC)
    expected = [0.03, 0.04, 0.2, 0.12, 0.16 / 0.24, -0.08 / 0.32, np.sqrt(0.0009 + 0.0016 + 0.04 + 0.0144)]
    assert found.dtype == np.float32
    assert found.shape == (1, 3, 7)
    np.testing.assert_allclose(found[0, 1], expected, rtol=1e-6)


def test_components_are_those_of_double_precision() -> None:
    values = random_values(200)
    real = values * 1e-4
    b3, b4, b8, b11 = np.moveaxis(real, 2, 0)
    found = tensor(values, SPEC)
    np.testing.assert_allclose(found[..., :4], real, rtol=1e-6)
    safe = np.abs(b8 + b4) > 1e-2
    np.testing.assert_allclose(found[..., 4][safe], ((b8 - b4) / (b8 + b4))[safe], rtol=1e-3, atol=1e-5)
    safe = np.abs(b11 + b8) > 1e-2
    np.testing.assert_allclose(found[..., 5][safe], ((b11 - b8) / (b11 + b8))[safe], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found[..., 6], np.sqrt(b3**2 + b4**2 + b8**2 + b11**2), rtol=1e-6)


def test_scale_and_offset() -> None:
    values = np.array([[[1000, 0, 7273, 43]] * 3], np.int16)
    found = tensor(values, {**SPEC, "scale": 2.75e-5, "offset": -0.2, "features": []})
    np.testing.assert_allclose(found[0, 0], values[0, 0] * 2.75e-5 - 0.2, atol=1e-7)


@pytest.mark.parametrize(("red", "nir", "expected"), [(0, 0, 0.0), (-500, 500, 0.0), (0, 1, 1.0)])
def test_a_denominator_of_nothing_gives_zero(red: int, nir: int, expected: float) -> None:
    values = np.array([[[0, red, nir, 100]] * 3], np.int16)
    assert tensor(values, SPEC)[0, 0, 4] == expected


def test_nodata_is_nan_in_every_component_of_its_date() -> None:
    values = random_values(3)
    whole = tensor(values, SPEC)
    values[1, 2, 3] = -32768
    found = tensor(values, SPEC)
    assert np.isnan(found[1, 2]).all()
    found[1, 2] = whole[1, 2]
    np.testing.assert_array_equal(found, whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(0, 69), st.integers(1, 70))
def test_bits_depend_on_the_pixel_alone(pixels: int, start: int, size: int) -> None:
    values = random_values(pixels, seed=pixels)
    values[::7, 1, 2] = -32768
    whole = tensor(values, SPEC)
    part = slice(min(start, pixels - 1), start + size)
    assert tensor(values[part], SPEC).tobytes() == whole[part].tobytes()
    # Laid out by dates and bands, as a window of a series file is.
    planes = np.ascontiguousarray(values.transpose(1, 2, 0)).transpose(2, 0, 1)
    out = np.empty((3, 7, pixels), np.float32).transpose(2, 0, 1)
    assert tensor(planes, SPEC, out) is out
    assert np.ascontiguousarray(out).tobytes() == whole.tobytes()
    picked = np.random.default_rng(start).permutation(pixels)
    assert tensor(values[picked], SPEC).tobytes() == whole[picked].tobytes()


def test_static_values_stay_as_they_are() -> None:
    spec = {"kind": "static", "bands": 2}
    values = np.array([[1.5, np.nan], [2.0, 3.0]], np.float32)
    np.testing.assert_array_equal(tensor(values, spec), values)
    out = np.empty((2, 2), np.float32)
    assert tensor(values, spec, out) is out
    np.testing.assert_array_equal(out, values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ["evi"]}, "no feature 'evi'; known are ndvi"),
        ({"aliases": {"red": "B4"}}, "ndvi needs the nir band, which is None"),
        ({"aliases": {"red": "B4", "nir": "B8A"}}, "needs the nir band, which is 'B8A'; bands are B3"),
        ({"dates": ["2018-01-01"]}, r"found values of shape \(2, 3, 4\), expected \(pixels, 1, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tensor(random_values(2), {**SPEC, **change})


def test_static_values_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(pixels, 3"):
        tensor(np.zeros((2, 2), np.float32), {"kind": "static", "bands": 3})
