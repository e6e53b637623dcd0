import pytest

from tilefold.config.load import read_config
from tilefold.plan.files import file_faults
from tilefold.plan.products import find_all_products
from tilefold.simulation.names import simulate_names

TILES = ["A1", "B1"]
PATTERNS = {"band_path": "{tile}/{date}/{band}.tif", "mask_path": "{tile}/{date}/clouds.tif"}


@pytest.fixture
def products(tmp_path):
    """Three dates of an own sensor over two tiles, each with two bands and a mask."""
    for tile in TILES:
        for date in ("20200101", "20200111", "20200121"):
            folder = tmp_path / "own" / tile / date
            folder.mkdir(parents=True)
            for name in ("red", "nir", "clouds"):
                (folder / f"{name}.tif").touch()
    return tmp_path


def faults(folder, sensors=None, tiles=TILES, **changes):
    config = read_config(
        {
            "results": str(folder / "results"),
            "sensors": sensors or {"own": own(folder)},
            "reference": {"path": "r.gpkg", "class_field": "code", "nomenclature": "n.csv"},
            **changes,
        }
    )
    return file_faults(config, find_all_products(config, list(config.sensors), tiles).products)


def own(folder, **changes):
    return {"path": str(folder / "own"), "bands": ["red", "nir"], "nodata": 0, **PATTERNS, **changes}


def test_complete_products_have_no_fault(products):
    assert faults(products) == []


def test_a_band_that_no_product_has_is_one_fault(products):
    sensors = {"own": own(products, bands=["red", "nri", "swir"])}
    (fault,) = faults(products, sensors)
    first = products / "own" / "A1" / "20200101" / "nri.tif"
    assert fault == (
        f"sensors.own: 2 products, the first '20200101' ({first}): no such file, nor 1 more files of bands; "
        "check bands and band_path"
    )


def test_a_wrong_mask_path(products):
    (fault,) = faults(products, {"own": own(products, mask_path="{tile}/{date}/cloud.tif")})
    assert "cloud.tif" in fault
    assert fault.endswith("check mask_path")


def test_the_first_product_within_the_calendar_counts(products):
    (products / "own" / "A1" / "20200101" / "nir.tif").unlink()
    assert len(faults(products)) == 1
    assert faults(products, calendar={"start": "2020-01-05"}) == []


def test_skipped_products_are_a_fault_only_if_none_is_complete(products):
    for date in ("20200101", "20200111"):
        (products / "own" / "A1" / date / "nir.tif").unlink()
    assert faults(products, on_bad_acquisition="skip") == []
    (products / "own" / "A1" / "20200121" / "nir.tif").unlink()
    (fault,) = faults(products, on_bad_acquisition="skip")
    assert fault.startswith("sensors.own: product 20200101: ")


def test_an_incomplete_product_of_the_catalogue(tmp_path):
    simulate_names(tmp_path, ["T31TCJ"], acquisitions=2)
    sensors = {"sentinel2": {"path": str(tmp_path / "sentinel2")}}
    assert faults(tmp_path, sensors, ["T31TCJ"]) == []
    mask = sorted((tmp_path / "sentinel2" / "T31TCJ").glob("*/MASKS/*CLM_R1.tif"))[0]
    mask.unlink()
    (fault,) = faults(tmp_path, sensors, ["T31TCJ"])
    assert str(mask) in fault
    assert fault.endswith("no such file; is the delivery complete?")
