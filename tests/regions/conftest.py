import geopandas
import pytest
import shapely

CRS = "EPSG:32631"


@pytest.fixture
def write_regions(tmp_path):
    """Write a vector of regions; each row is (name, geometry)."""

    def write(rows, name="given.gpkg", field="zone", crs=CRS, **more):
        frame = geopandas.GeoDataFrame(
            {field: [row[0] for row in rows], **more}, geometry=[row[1] for row in rows], crs=crs
        )
        path = tmp_path / name
        frame.to_file(path)
        return path

    return write


@pytest.fixture
def bands():
    """Two bands of 300 m, 200 m apart, and a third that overlaps the second."""
    return [
        ("south", shapely.box(0, 0, 1000, 300)),
        ("north", shapely.box(0, 500, 1000, 800)),
        ("middle", shapely.box(600, 600, 1400, 700)),
    ]
