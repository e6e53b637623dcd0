"""Bytes do not depend on the order of features, whatever is wrong with them."""

import geopandas
import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilefold.ground_truth.cleaning import clean_ground_truth

CORNERS = st.integers(0, 12)


@st.composite
def shapes(draw):
    kind = draw(st.sampled_from(["box", "box", "box", "multi", "bow tie", "point", "points", "line", "none"]))
    x, y = 7 * draw(CORNERS), 7 * draw(CORNERS)
    width, height = draw(st.sampled_from([(10, 10), (14, 7), (20, 1)]))
    box = shapely.box(x, y, x + width, y + height)
    if kind == "multi":
        return shapely.MultiPolygon([box, shapely.box(x + 40, y, x + 47, y + 7)])
    if kind == "bow tie":
        return shapely.Polygon([(x, y), (x + 9, y + 9), (x + 9, y), (x, y + 9)])
    if kind == "point":
        return shapely.Point(x + 1, y + 1)
    if kind == "points":
        return shapely.MultiPoint([(x + 1, y + 1), (x + 5, y + 3)])
    if kind == "line":
        return shapely.LineString([(x, y), (x + 5, y)])
    return None if kind == "none" else box


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "code": st.sampled_from(["1", "2", "three", "unknown", ""]),
            "field": st.sampled_from(["a", "b", ""]),
            "farm": st.sampled_from(["north", ""]),
            "part": st.sampled_from(["learn", "test", ""]),
            "geometry": shapes(),
        }
    ),
    min_size=2,
    max_size=14,
)


@given(
    rows=ROWS,
    seed=st.integers(0, 99),
    overlaps=st.sampled_from(["keep", "clip", "reject"]),
    tested=st.booleans(),
    purposes=st.sets(st.sampled_from([("id", "field"), ("group", "farm"), ("split", "part")])),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_do_not_depend_on_the_order_of_features(tmp_path, rows, seed, overlaps, tested, purposes):
    sure = {"code": "1", "field": "", "farm": "", "part": "", "geometry": shapely.box(200, 0, 230, 30)}
    frame = geopandas.GeoDataFrame([*rows, sure], geometry="geometry", crs="EPSG:32631")
    cut = len(frame) // 2 if tested else 0
    choices = {
        "class_field": "code",
        "fields": dict(purposes),
        "codes": [1, 2, 3],
        "names": {"three": 3},
        "crs": "EPSG:2154",
        "pixel": [10.0, 10.0],
        "overlaps": overlaps,
        "min_width": 2.0,
    }

    def run(name, order):
        main, test = tmp_path / f"{name}.gpkg", tmp_path / f"{name}_test.gpkg"
        frame.iloc[[row for row in order if row >= cut]].to_file(main, geometry_type="Unknown")
        if tested:
            frame.iloc[[row for row in order if row < cut]].to_file(test, geometry_type="Unknown")
        paths = {
            "reference": tmp_path / f"{name}_reference.gpkg",
            "rejected": tmp_path / f"{name}_rejected.gpkg",
            "table": tmp_path / f"{name}.csv",
        }
        table = clean_ground_truth(main, choices, **paths, test=test if tested else None)
        return [path.read_bytes() for path in paths.values()], table

    first, table = run("one", np.arange(len(frame)))
    second, _ = run("two", np.random.default_rng(seed).permutation(len(frame)))
    assert first == second

    sums = table.groupby("step")["hectares"].sum()
    before = sums.get("read", 0) + sums.get("repaired", 0)
    assert abs(before - sums.get("rejected", 0) - sums.get("used", 0)) < 2e-4 * len(table)
    reference = geopandas.read_file(tmp_path / "one_reference.gpkg", layer="reference")
    assert shapely.is_valid(reference.geometry.to_numpy()).all()
    assert set(reference.geom_type) <= {"Polygon", "Point"}
    if overlaps == "clip":
        by_class = reference[reference["split_value"] != "test"].dissolve("code").geometry
        grounds = [ground for ground in by_class if ground.area > 0]
        assert all(
            one.intersection(other).area < 1e-3
            for place, one in enumerate(grounds)
            for other in grounds[:place]
        )
