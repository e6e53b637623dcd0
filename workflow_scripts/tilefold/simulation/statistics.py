"""Levels and variances of real series, and how a simulated scene compares with them.

Source of the constants: the 12 monthly Sentinel-2 level-2A composites (November 2020 to October 2021, 100 x
100 pixels of 10 m, UTM zone 31 N) of the test input of the ESA WorldCereal classification system (MIT
licence; contains modified Copernicus Sentinel data). December and January have no data in it. Band 8A is not
in it: it is taken as band 8 times `B8A_TO_B8`. It has no water: in some month each of its pixels has a band 11 of
1400 or more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.simulation.classes import WATER_CODE
from tilefold.simulation.paths import scene_paths

Floats = NDArray[np.float64]

#: Bands of the simulated products, and those of them at 20 m.
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
COARSE_BANDS = ("B5", "B6", "B7", "B8A", "B11", "B12")
#: Reflectance x 10000 of band 8A over that of band 8, typical of vegetation and soil.
B8A_TO_B8 = 1.03

#: Months (1 to 12) that the patch has, and the mean reflectance x 10000 of all its pixels in each of them.
PATCH_MONTHS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
PATCH_MEANS = {
    "B2": (523, 550, 643, 583, 555, 588, 660, 639, 379, 400),
    "B3": (772, 818, 978, 874, 907, 876, 936, 928, 652, 631),
    "B4": (881, 882, 1018, 812, 830, 783, 917, 930, 627, 606),
    "B5": (1244, 1261, 1512, 1349, 1422, 1400, 1438, 1406, 1094, 1073),
    "B6": (1836, 2014, 2684, 2839, 3059, 2869, 2621, 2498, 2121, 1990),
    "B7": (2040, 2263, 3115, 3469, 3704, 3389, 3090, 2904, 2426, 2258),
    "B8": (2187, 2458, 3381, 3634, 3874, 3484, 3227, 3001, 2639, 2411),
    "B11": (1989, 1995, 2402, 2132, 2275, 2084, 2423, 2342, 1845, 1780),
    "B12": (1426, 1510, 1846, 1571, 1554, 1268, 1650, 1688, 1253, 1214),
}
#: Standard deviation over the patch's pixels, in the same months.
PATCH_DEVIATIONS = {
    "B2": (239, 213, 322, 378, 384, 207, 234, 261, 226, 144),
    "B3": (276, 248, 421, 467, 484, 227, 265, 307, 242, 214),
    "B4": (366, 391, 653, 697, 701, 400, 480, 519, 347, 298),
    "B5": (275, 288, 535, 611, 633, 335, 380, 416, 260, 301),
    "B6": (504, 501, 599, 512, 511, 719, 571, 526, 806, 787),
    "B7": (616, 632, 833, 758, 698, 921, 779, 734, 956, 873),
    "B8": (729, 742, 961, 859, 796, 960, 878, 839, 1116, 976),
    "B11": (275, 269, 667, 785, 787, 415, 550, 542, 313, 346),
    "B12": (259, 379, 884, 971, 888, 417, 589, 664, 336, 317),
}
#: Correlation over pixels between two months, by the months between them (1 to 6, around the year).
PATCH_CORRELATIONS = {
    "B2": (0.66, 0.48, 0.41, 0.46, 0.51, 0.48),
    "B3": (0.65, 0.47, 0.40, 0.43, 0.51, 0.51),
    "B4": (0.67, 0.46, 0.38, 0.45, 0.58, 0.57),
    "B5": (0.63, 0.40, 0.35, 0.40, 0.52, 0.52),
    "B6": (0.66, 0.46, 0.33, 0.37, 0.41, 0.49),
    "B7": (0.67, 0.47, 0.32, 0.40, 0.43, 0.49),
    "B8": (0.71, 0.53, 0.39, 0.45, 0.48, 0.52),
    "B11": (0.49, 0.14, 0.11, 0.22, 0.39, 0.33),
    "B12": (0.60, 0.34, 0.25, 0.32, 0.50, 0.50),
}
MID_MONTHS = np.array([15.5, 45, 74.5, 105, 135.5, 166, 196.5, 227.5, 258, 288.5, 319, 349.5])
_PATCH_NAMES = {band: f"S2-L2A-B{int(band[1:]):02d}" for band in PATCH_MEANS}
_PATCH_NODATA = 65535
#: Share of the pixels that a month must have seen to be compared.
SEEN_SHARE = 0.5


def mean_levels(days: Floats) -> Floats:
    """Mean reflectance x 10000 of the patch on days of the year, (days, bands), by linear interpolation."""
    known = MID_MONTHS[np.array(PATCH_MONTHS) - 1]
    levels = {band: np.interp(days, known, values, period=365) for band, values in PATCH_MEANS.items()}
    levels["B8A"] = B8A_TO_B8 * levels["B8"]
    return np.stack([levels[band] for band in BANDS], axis=1)


def deviations() -> Floats:
    """Root mean square over the months of the patch's standard deviations, (bands,)."""
    typical = {band: float(np.sqrt(np.mean(np.square(v)))) for band, v in PATCH_DEVIATIONS.items()}
    typical["B8A"] = B8A_TO_B8 * typical["B8"]
    return np.array([typical[band] for band in BANDS])


def describe(monthly: Floats, months: tuple[int, ...]) -> dict[str, Floats]:
    """Mean, standard deviation and correlations between months of one band.

    Parameters
    ----------
    monthly
        Reflectance x 10000, (months, pixels), NaN where there is none.
    months
        Numbers of the months, 1 to 12.

    Returns
    -------
    dict
        `mean` and `deviation`, (months,), over the pixels that a month has; `correlation`, (6,): between two
        months over the pixels that both have, the mean over all pairs of months that are 1 to 6 months apart
        around the year, NaN where there is no pair.
    """
    frame = pd.DataFrame(monthly.T)
    matrix = frame.corr().to_numpy()
    apart = np.abs(np.subtract.outer(np.array(months), np.array(months)))
    apart = np.minimum(apart, 12 - apart)
    upper = np.triu(np.ones_like(apart, dtype=bool), 1)
    correlation = np.full(6, np.nan)
    for lag in range(1, 7):
        pairs = upper & (apart == lag)
        if pairs.any():
            correlation[lag - 1] = matrix[pairs].mean()
    return {
        "mean": frame.mean().to_numpy(),
        "deviation": frame.std(ddof=0).to_numpy(),
        "correlation": correlation,
    }


def describe_patch(path: Path | str, among: tuple[int, ...] = PATCH_MONTHS) -> dict[str, dict[str, Floats]]:
    """`describe` for each band of the patch, read from its NetCDF file, for some of its months."""
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        times = dataset["t"]
        stamps: Any = netCDF4.num2date(times[:], times.units, getattr(times, "calendar", "standard"))
        months = [stamp.month for stamp in stamps]
        result = {}
        for band, name in _PATCH_NAMES.items():
            values = dataset[name][:].view(np.uint16).astype(np.float64)
            values[values == _PATCH_NODATA] = np.nan
            rows = [months.index(month) for month in among]
            result[band] = describe(values[rows].reshape(len(rows), -1), among)
    return result


def monthly_composites(scene: Path | str, tile: str) -> dict[str, Floats]:
    """Mean of the clear observations of each month of a simulated tile.

    Clear means that no mask flags the pixel, as a user would decide, so missed clouds are in it.

    Parameters
    ----------
    scene
        Folder that `simulate_scene` wrote.
    tile
        Name of the tile.

    Returns
    -------
    dict
        For each band, reflectance x 10000, (12, pixels), NaN where a month has no clear observation.
        Bands of 20 m hold 20 m pixels.
    """
    products = sorted((Path(scene) / "sentinel2" / tile).iterdir())
    sums: dict[str, Floats] = {}
    counts: dict[str, Floats] = {}
    for product in products:
        month = int(product.name.split("_")[1][4:6]) - 1
        for band in BANDS:
            raster = "R2" if band in COARSE_BANDS else "R1"
            values = _read(product / f"{product.name}_FRE_{band}.tif")
            flags = [
                _read(product / "MASKS" / f"{product.name}_{kind}_{raster}.tif")
                for kind in ("CLM", "EDG", "SAT")
            ]
            clear = (np.bitwise_or.reduce(flags) == 0) & (values != -10000)
            sums.setdefault(band, np.zeros((12, values.size)))[month] += np.where(clear, values, 0)
            counts.setdefault(band, np.zeros((12, values.size)))[month] += clear
    with np.errstate(invalid="ignore"):
        return {band: sums[band] / np.where(counts[band] > 0, counts[band], np.nan) for band in BANDS}


def compare_with_patch(path: Path | str, scene: Path | str) -> pd.DataFrame:
    """Compare a simulated scene with the patch, band by band.

    Parameters
    ----------
    path
        The patch's NetCDF file.
    scene
        Folder that `simulate_scene` wrote; all its tiles are pooled. Water is left out, as the patch has none, and
        months in which less than `SEEN_SHARE` of the pixels were ever clear are left out on both sides.

    Returns
    -------
    DataFrame
        One row for each band and statistic (`mean`, `deviation`: mean over the months that both have, in
        reflectance x 10000; `correlation_1` to `correlation_6`: between months so far apart), with columns
        band, statistic, patch, scene.
    """
    tiles = sorted(folder.name for folder in (Path(scene) / "sentinel2").iterdir())
    parts = [_of_land(monthly_composites(scene, tile), scene, tile) for tile in tiles]
    monthly = {band: np.concatenate([part[band] for part in parts], axis=1) for band in BANDS}
    months = tuple(
        month
        for month in PATCH_MONTHS
        if min(np.isfinite(values[month - 1]).mean() for values in monthly.values()) >= SEEN_SHARE
    )
    patch = describe_patch(path, months)
    rows: list[tuple[str, str, float, float]] = []
    for band in BANDS:
        if band not in patch:
            continue
        simulated = describe(monthly[band][np.array(months) - 1], months)
        rows.extend(
            (band, statistic, float(patch[band][statistic].mean()), float(simulated[statistic].mean()))
            for statistic in ("mean", "deviation")
        )
        rows.extend(
            (band, f"correlation_{lag}", float(real), float(ours))
            for lag, (real, ours) in enumerate(
                zip(patch[band]["correlation"], simulated["correlation"], strict=True), start=1
            )
        )
    return pd.DataFrame(rows, columns=["band", "statistic", "patch", "scene"])


def _of_land(monthly: dict[str, Floats], scene: Path | str, tile: str) -> dict[str, Floats]:
    """Composites without the pixels that are water, or hold some."""
    with rasterio.open(scene_paths(scene).truth_map(tile)) as dataset:
        land = dataset.read(1) != WATER_CODE
    blocks = land[::2, ::2] & land[1::2, ::2] & land[::2, 1::2] & land[1::2, 1::2]
    return {
        band: values[:, (blocks if band in COARSE_BANDS else land).ravel()]
        for band, values in monthly.items()
    }


def _read(path: Path) -> NDArray[np.int64]:
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1), np.int64).ravel()
