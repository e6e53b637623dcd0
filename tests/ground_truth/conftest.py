import geopandas
import pytest
import shapely


@pytest.fixture
def write_source(tmp_path):
    """Write features (dicts with a geometry) as a vector file."""

    def write(rows, name="source.gpkg", crs="EPSG:32631", **options):
        frame = geopandas.GeoDataFrame(rows, geometry="geometry", crs=crs)
        path = tmp_path / name
        frame.to_file(path, engine="pyogrio", **options)
        return path

    return write


@pytest.fixture
def clean(tmp_path):
    """Clean a source; return the reference, the rejected features and the table."""
    import pandas as pd

    from tilefold.ground_truth.cleaning import clean_ground_truth

    def run(source, folder="clean", test=None, **changes):
        settings = {
            "layer": None,
            "class_field": "code",
            "codes": [1, 2, 3],
            "crs": "EPSG:32631",
            "fields": {},
            "pixel": [10.0, 10.0],
            **changes,
        }
        paths = {
            "reference": tmp_path / folder / "reference.gpkg",
            "rejected": tmp_path / folder / "rejected.gpkg",
            "table": tmp_path / folder / "cleaning.csv",
        }
        clean_ground_truth(source, settings, **paths, test=test)
        return (
            geopandas.read_file(paths["reference"], layer="reference"),
            geopandas.read_file(paths["rejected"], layer="rejected"),
            pd.read_csv(paths["table"], keep_default_na=False, na_values={"code": "", "pixels": ""}),
            paths,
        )

    return run


@pytest.fixture
def square():
    """Square of 10 m by its lower left corner, in tens of metres."""

    def make(x, y, size=1):
        return shapely.box(10 * x, 10 * y, 10 * (x + size), 10 * (y + size))

    return make


@pytest.fixture
def balanced():
    """Check that hectares read and those of repair make hectares rejected and used."""

    def check(table):
        sums = table.groupby("step")["hectares"].sum()
        before = sums.get("read", 0) + sums.get("repaired", 0)
        assert before == pytest.approx(sums.get("rejected", 0) + sums.get("used", 0), abs=1e-3)

    return check
