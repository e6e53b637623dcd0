"""Features of the config, resolved to formulas over bands."""

import subprocess
import sys

import numpy as np
import pytest
import spyndex

from tilefold.config.load import ConfigError, read_config
from tilefold.plan.features import feature_expressions, feature_faults
from tilefold.series.expressions import evaluate, names_in
from tilefold.series.features import tensor

S2 = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"]
STANDARD = dict(zip(["B", "G", "R", "RE1", "RE2", "RE3", "N", "N2", "S1", "S2"], S2, strict=True))
OWN = {"path": "p", "bands": ["x", "swir2"], "band_path": "{tile}{date}{band}", "nodata": 0}


def config(*chosen, sensor="sentinel2", **described):
    return read_config(
        {
            "results": "r",
            "sensors": {sensor: described or {"path": "p"}},
            "features": {sensor: list(chosen)},
            "reference": {"path": "v", "class_field": "c", "nomenclature": []},
        }
    )


def formulas(*chosen, **options):
    (found,) = feature_expressions(config(*chosen, **options)).values()
    return found


def faults(*chosen, **options):
    return feature_faults(config(*chosen, **options))


def test_the_librarys_own_features_have_no_formula():
    assert formulas("ndvi", "brightness", "NDVI") == {"NDVI": "(B8 - B4) / (B8 + B4)"}


@pytest.mark.filterwarnings("ignore:invalid value")
def test_indices_of_spyndex_have_the_values_that_spyndex_computes():
    """All indices of Sentinel-2's bands, constants at their usual values, against spyndex's own evaluation."""
    rng = np.random.default_rng(1)
    values = {standard: rng.uniform(0.02, 0.6, 20) for standard in STANDARD}
    usual = {name: spyndex.constants[name].default for name in spyndex.constants}
    compared = 0
    for name, index in spyndex.indices.items():
        parts = set(index.bands)
        if not parts <= {*values, *usual} or any(part in usual and usual[part] is None for part in parts):
            continue
        expected = spyndex.computeIndex(name, {part: values.get(part, usual.get(part)) for part in parts})
        bands = {STANDARD[standard]: array.astype(np.float32) for standard, array in values.items()}
        found = evaluate(formulas(name)[name], bands)
        known = np.isfinite(expected) & (np.abs(expected) < 1e3)
        np.testing.assert_allclose(
            found[known & np.isfinite(found)],
            expected[known & np.isfinite(found)],
            rtol=5e-3,
            atol=1e-4,
            err_msg=name,
        )
        assert np.isfinite(found).mean() >= np.isfinite(expected).mean() - 0.11, name
        compared += 1
    assert compared > 180


def test_wavelengths_come_from_the_platform():
    expression = formulas("DVIplus")["DVIplus"]
    assert names_in(expression) == ["B3", "B8", "B4"]
    assert str(spyndex.bands.N.sentinel2a.wavelength) in expression


def test_bands_are_found_by_alias_and_by_name():
    aliases = {"N": "x"}
    assert formulas("NBR", sensor="own", **OWN, aliases=aliases) == {"NBR": "(x - swir2) / (x + swir2)"}
    radar = OWN | {"bands": ["VV", "VH"]}
    assert formulas("NDPolI", sensor="own", **radar) == {"NDPolI": "(VV - VH) / (VV + VH)"}
    alias = {"nir": "x", "S2": "swir2"}
    assert formulas("NBR", sensor="own", **OWN, aliases=alias) == {"NBR": "(x - swir2) / (x + swir2)"}


@pytest.mark.parametrize(
    ("sensor", "expected"),
    [
        ("sentinel2s2c", "(B08 - B12) / (B08 + B12)"),
        ("sentinel2l3a", "(B8 - B12) / (B8 + B12)"),
        ("landsat8", "(B5 - B7) / (B5 + B7)"),
        ("landsat5old", "(B4 - B6) / (B4 + B6)"),
        ("landsat_c2", "(nir - swir2) / (nir + swir2)"),
        ("hls", "(nir - swir2) / (nir + swir2)"),
    ],
)
def test_indices_of_other_sensors(sensor, expected):
    assert formulas("NBR", sensor=sensor) == {"NBR": expected}


def test_expressions_take_bands_and_aliases():
    chosen = {"name": "ratio", "expression": "max(nir, B8A)/ red**2"}
    assert formulas(chosen) == {"ratio": "max(B8, B8A) / B4 ** 2"}


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("evi", "features.sentinel2: no feature evi (did you mean EVI"),
        ("NDRE1", "did you mean NDREI"),
        ("NDVIT", "needs T (thermal infrared), which the sensor lacks among B2, B3"),
        ("NIRvP", "needs the constant PAR, which has no usual value"),
        ("kNDVI", "needs the kernel kNN; write an expression"),
        ({"name": "f", "expression": "b8 / B4"}, "names b8, which is no band (did you mean B8"),
        ({"name": "f", "expression": "open(B4)"}, "f: 'open(B4)': 'open(B4)' is not allowed"),
        ({"name": "f", "expression": "1"}, "names no band"),
        ({"name": "B4", "expression": "B8"}, "two bands or features are named B4; rename one"),
        ({"name": "ndvi", "expression": "B8"}, "ndvi is the name of a built-in feature"),
    ],
)
def test_what_cannot_be_computed_is_a_fault(feature, message):
    (fault,) = faults(feature)
    assert message in fault


def test_bands_left_out_are_faults():
    (fault,) = faults("ndvi", path="p", bands=["B4"])
    assert "ndvi needs the nir band, which is B8 and not among the sensor's bands" in fault
    (fault,) = faults("NDVI", path="p", bands=["B4"])
    assert "NDVI = (N-R)/(N+R) needs N" in fault
    assert faults("ndvi", "ndvi") == ["features.sentinel2: two bands or features are named ndvi; rename one"]


def test_wrong_forms_are_refused_by_key():
    with pytest.raises(ConfigError, match=r"features\.sentinel2\.0\.expression: missing"):
        config({"name": "f"})


def test_a_tensor_holds_indices_and_expressions():
    chosen = ("NDVI", {"name": "ratio", "expression": "B8 / B4"})
    spec = {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": ["2018-01-01"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["NDVI", "ratio"],
        "aliases": {},
        "expressions": formulas(*chosen),
    }
    found = tensor(np.array([[[1000, 3000]], [[0, 3000]], [[-32768, 3000]]], np.int16), spec)
    np.testing.assert_allclose(found[0, 0], [0.1, 0.3, 0.5, 3.0], rtol=1e-6)
    np.testing.assert_allclose(found[1, 0], [0, 0.3, 1.0, np.nan], rtol=1e-6)
    assert np.isnan(found[2]).all()


def test_spyndex_is_imported_only_where_an_index_is_named():
    code = (
        "import sys; import tilefold.plan.features as f; from tilefold.config.load import read_config;"
        "c = read_config({'results': 'r', 'sensors': {'sentinel2': {'path': 'p'}}, 'reference': {'path': 'v',"
        "'class_field': 'c', 'nomenclature': []}}); f.feature_expressions(c); assert 'spyndex' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
