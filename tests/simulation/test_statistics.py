import netCDF4
import numpy as np
import pytest
import rasterio

from tilefold.simulation.statistics import (
    B8A_TO_B8,
    BANDS,
    PATCH_CORRELATIONS,
    PATCH_DEVIATIONS,
    PATCH_MEANS,
    PATCH_MONTHS,
    compare_with_patch,
    describe,
    describe_patch,
    deviations,
    mean_levels,
    monthly_composites,
)


def test_the_constants_are_those_of_the_patch(patch):
    for band, found in describe_patch(patch).items():
        np.testing.assert_allclose(found["mean"], PATCH_MEANS[band], atol=1)
        np.testing.assert_allclose(found["deviation"], PATCH_DEVIATIONS[band], atol=1)
        np.testing.assert_allclose(found["correlation"], PATCH_CORRELATIONS[band], atol=0.01)


def test_description_of_three_months_by_hand():
    # March is March again in June but for a pixel that June lacks; January is the opposite.
    march = np.array([1.0, 2.0, 3.0, 4.0])
    june = np.array([1.0, 2.0, 3.0, np.nan])
    found = describe(np.stack([-march, march, june]), (1, 3, 6))
    np.testing.assert_allclose(found["mean"], [-2.5, 2.5, 2.0])
    np.testing.assert_allclose(found["deviation"], [march.std(), march.std(), np.std([1, 2, 3])])
    np.testing.assert_allclose(found["correlation"], [np.nan, -1, 1, np.nan, -1, np.nan], atol=1e-12)


def test_a_patch_is_read_as_unsigned_and_without_its_nodata(tmp_path):
    values = np.arange(10, dtype=np.uint16)[:, None, None] * 100 + np.arange(4, dtype=np.uint16).reshape(2, 2)
    values = values + np.uint16(40000)
    values[3, 0, 0] = 65535
    path = tmp_path / "patch.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("t", 10), ("y", 2), ("x", 2)):
            dataset.createDimension(name, size)
        times = dataset.createVariable("t", "i4", ("t",))
        times.units = "days since 2021-02-01"
        times[:] = np.arange(10) * 30 + 14
        for number in (2, 3, 4, 5, 6, 7, 8, 11, 12):
            variable = dataset.createVariable(f"S2-L2A-B{number:02d}", "i2", ("t", "y", "x"))
            variable[:] = values.view(np.int16)
    found = describe_patch(path)["B4"]
    wanted = 40000 + 100 * np.arange(10) + 1.5
    wanted[3] = 40300 + 2
    np.testing.assert_allclose(found["mean"], wanted)


def test_levels_pass_through_the_months_and_around_the_year():
    days = np.array([45.0, 74.5, 319.0])
    levels = mean_levels(days)
    for place, month in enumerate((2, 3, 11)):
        expected = [PATCH_MEANS[b][PATCH_MONTHS.index(month)] for b in ("B2", "B12")]
        np.testing.assert_allclose(levels[place, [0, 9]], expected)
    np.testing.assert_allclose(levels[:, BANDS.index("B8A")], B8A_TO_B8 * levels[:, BANDS.index("B8")])
    np.testing.assert_allclose(mean_levels(np.array([380.0])), mean_levels(np.array([15.0])))


def test_composites_are_means_of_what_no_mask_flags(small_scene):
    tile, band, pixel = "T31TCK", "B4", (11, 30)
    seen = {}
    for product in (small_scene / "sentinel2" / tile).iterdir():
        masks = []
        for kind in ("CLM", "EDG", "SAT"):
            with rasterio.open(product / "MASKS" / f"{product.name}_{kind}_R1.tif") as dataset:
                masks.append(dataset.read(1)[pixel])
        with rasterio.open(product / f"{product.name}_FRE_{band}.tif") as dataset:
            value = int(dataset.read(1)[pixel])
        if not any(masks):
            seen.setdefault(int(product.name[15:17]), []).append(value)
    found = monthly_composites(small_scene, tile)[band][:, pixel[0] * 56 + pixel[1]]
    assert seen
    for month in range(1, 13):
        assert found[month - 1] == pytest.approx(
            np.mean(seen[month]) if month in seen else np.nan, nan_ok=True
        )


def test_levels_and_deviations_of_the_scene_are_near_the_patch(default_scene, patch):
    table = compare_with_patch(patch, default_scene)
    assert len(table) == 9 * (2 + 6)
    ratio = (table["scene"] / table["patch"])[table["statistic"] == "mean"]
    assert ratio.between(0.9, 1.1).all()
    ratio = (table["scene"] / table["patch"])[table["statistic"] == "deviation"]
    # Haze and noise of single acquisitions come on top, which the visible bands feel most.
    assert ratio.between(0.7, 1.15).all()
    assert deviations().shape == (10,)
