import numpy as np
import pytest
from pyproj import Geod

from tilefold.grids.lengths import UnitError, in_units, metric_points


def test_lengths_in_units_of_the_crs():
    assert in_units(30, "EPSG:32631") == 30
    assert in_units(30, "EPSG:2263") == pytest.approx(30 / 0.3048006096)
    with pytest.raises(UnitError, match="degrees"):
        in_units(30, "EPSG:4326")
    assert in_units(0, "EPSG:4326") == 0


def test_distances_in_degrees_are_those_on_the_ellipsoid():
    x, y = np.array([1.4, 1.43, 1.4]), np.array([43.6, 43.6, 43.64])
    points = metric_points(x, y, "EPSG:4326")
    _, _, expected = Geod(ellps="WGS84").inv(x[:1].repeat(2), y[:1].repeat(2), x[1:], y[1:])
    np.testing.assert_allclose(np.linalg.norm(points[1:] - points[0], axis=1), expected, rtol=1e-6)


def test_distances_in_feet_are_metres():
    points = metric_points(np.array([0.0, 300.0]), np.array([0.0, 400.0]), "EPSG:2263")
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(500 * 0.3048006096)
