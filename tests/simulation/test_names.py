import rasterio

from tilefold.sensors.catalogue import SENSORS
from tilefold.sensors.listing import list_products, reference_file
from tilefold.simulation.names import simulate_names


def test_products_by_name_are_enough_for_the_plan(tmp_path):
    simulate_names(tmp_path, ["T31TCJ", "T31TCK"], acquisitions=4)
    products = list_products(tmp_path / "sentinel2", "T31TCK", SENSORS["sentinel2"])
    assert [product.date for product in products] == ["2018-01-02", "2018-04-02", "2018-07-01", "2018-09-29"]
    header = reference_file(tmp_path / "sentinel2", "T31TCK", SENSORS["sentinel2"], products[0])
    with rasterio.open(header) as dataset:
        assert dataset.shape == (10980, 10980)
    assert header.stat().st_size < 200_000
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 1_000_000


def test_many_tiles_have_different_names(tmp_path):
    simulate_names(tmp_path, 30, acquisitions=1)
    tiles = [folder.name for folder in (tmp_path / "sentinel2").iterdir()]
    assert len(set(tiles)) == 30
    assert all(len(tile) == 6 for tile in tiles)
