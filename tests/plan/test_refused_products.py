"""Products that the plan sees to be bad: faults, or left out and listed."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from tilefold.config.load import ConfigError, read_config
from tilefold.plan.inventory import make_plan
from tilefold.plan.plan import Plan
from tilefold.plan.settings import rule_settings
from tilefold.simulation.names import simulate_names

TILE = "T31TCJ"


def names(folder):
    return sorted(path.name for path in (folder / "sentinel2" / TILE).iterdir())


@pytest.fixture
def scene(tmp_path):
    """Four products by name, each with a small header."""
    simulate_names(tmp_path, [TILE], acquisitions=4)
    for name in names(tmp_path):
        path = tmp_path / "sentinel2" / TILE / name / f"{name}_FRE_B2.tif"
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=50,
            width=50,
            count=1,
            dtype="int16",
            crs="EPSG:32631",
            transform=Affine(10, 0, 300000, 0, -10, 4800000),
        ) as dataset:
            dataset.write(np.zeros((50, 50), np.int16), 1)
    return tmp_path


def config(folder, **changes):
    return read_config(
        {
            "results": str(folder / "results"),
            "sensors": {"sentinel2": {"path": str(folder / "sentinel2")}},
            "calendar": {"start": "2018-01-01", "end": "2018-12-31"},
            "reference": {
                "path": str(folder / "reference.gpkg"),
                "class_field": "code",
                "nomenclature": str(folder / "nomenclature.csv"),
            },
            **changes,
        }
    )


def refused(folder, **changes):
    with pytest.raises(ConfigError) as caught:
        make_plan(config(folder, **changes))
    return caught.value.faults


def spoil(folder):
    """One without metadata, one with an impossible date, one of another tile."""
    root = folder / "sentinel2" / TILE
    first, second, third, _ = names(folder)
    (root / first / f"{first}_MTD_ALL.xml").unlink()
    (root / second).rename(root / second.replace("2018", "2O18"))
    (root / third).rename(root / third.replace(TILE, "T31TDJ"))
    return {first, second.replace("2018", "2O18"), third.replace(TILE, "T31TDJ")}


def test_all_are_faults_where_the_run_stops(scene):
    bad = spoil(scene)
    faults = refused(scene)
    assert len(faults) == 3
    for name in bad:
        assert any(fault.startswith(f"sensors.sentinel2: product {name}: ") for fault in faults)


def test_all_are_left_out_and_listed_where_they_are_skipped(scene):
    bad = spoil(scene)
    plan = make_plan(config(scene, on_bad_acquisition="skip"))
    settings = rule_settings(plan, "preprocess", {"tile": TILE, "sensor": "sentinel2"})
    assert settings["on_bad_acquisition"] == "skip"
    assert {item["name"] for item in settings["products"]} == set(names(scene)) - bad
    rows = {row["product"]: row for row in settings["refused"]}
    assert set(rows) == bad
    (missing,) = (row for row in rows.values() if row["file"].endswith("_MTD_ALL.xml"))
    assert missing["file"] == f"{TILE}/{missing['product']}/{missing['product']}_MTD_ALL.xml"
    assert "is the delivery complete?" in missing["reason"]
    assert Plan.from_dict(plan.to_dict()).refused == plan.refused


def test_without_any_good_product_skipping_is_no_help(scene):
    for name in names(scene):
        (scene / "sentinel2" / TILE / name / f"{name}_MTD_ALL.xml").unlink()
    (fault,) = refused(scene, on_bad_acquisition="skip")
    assert fault.startswith("sensors.sentinel2: 4 products, the first ")


@pytest.mark.parametrize("content", [b"", b"II*\0garbage", None])
def test_the_grid_comes_from_the_first_header_that_can_be_read(scene, content):
    first = names(scene)[0]
    path = scene / "sentinel2" / TILE / first / f"{first}_FRE_B2.tif"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    (fault,) = refused(scene)
    assert fault.startswith(f"sensors.sentinel2: product {first}: ")
    plan = make_plan(config(scene, on_bad_acquisition="skip"))
    assert plan.grids[TILE].shape == (50, 50)
    # Its data are looked at, and left out, by the job.
    settings = rule_settings(plan, "preprocess", {"tile": TILE, "sensor": "sentinel2"})
    assert first in {item["name"] for item in settings["products"]}


@pytest.mark.parametrize(
    ("sensor", "choices", "fault"),
    [
        ("sentinel2", {"bands": ["B2", "B1"]}, "bands: no band B1"),
        ("landsat_c2", {"bands": ["B4"]}, "bands: no band B4; known are blue"),
        ("sentinel2", {"nodata": 0}, "nodata: the catalogue describes sentinel2"),
        ("sentinel2", {"mask_valid": [0, 1]}, "mask_valid: the catalogue describes"),
        ("sentinel2", {"mask_bits": [1]}, "mask_bits: the masks of sentinel2 are not told by bits"),
        ("hls", {"speckle_filter": "quegan"}, "speckle_filter: only Sentinel-1 has speckle"),
    ],
)
def test_choices_that_a_known_sensor_does_not_have(scene, sensor, choices, fault):
    faults = refused(scene, sensors={sensor: {"path": str(scene / "sentinel2"), **choices}})
    assert any(found.startswith(f"sensors.{sensor}.{fault}") for found in faults), faults


def test_an_own_sensor_has_one_rule_for_its_mask(scene):
    own = {
        "path": str(scene / "sentinel2"),
        "bands": ["x"],
        "band_path": "{tile}/{date}.tif",
        "nodata": 0,
        "mask_bits": [3],
    }
    faults = refused(scene, sensors={"own": own})
    assert any(found.startswith("sensors.own.mask_bits: needs a mask_path") for found in faults), faults
    own |= {"mask_path": "{tile}/{date}_m.tif", "mask_valid": [0]}
    faults = refused(scene, sensors={"own": own})
    assert any(found.startswith("sensors.own.mask_bits: needs a mask_path") for found in faults), faults


@pytest.mark.parametrize("size", [2, 8, 53])
def test_a_speckle_window_has_a_middle(size):
    with pytest.raises(ConfigError, match="speckle_window"):
        read_config(
            {
                "results": "r",
                "sensors": {"sentinel1_desvv": {"path": "p", "speckle_window": size}},
                "reference": {"path": "v", "class_field": "c", "nomenclature": "n"},
            }
        )
