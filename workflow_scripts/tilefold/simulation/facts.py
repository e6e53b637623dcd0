"""What is measured on a simulated scene on disk, as on real data with a known truth."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import rasterio
import rasterio.features
import shapely
from numpy.typing import NDArray

from tilefold.simulation.classes import CODES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Fewest pixels of an acquisition from which a correlation is computed.
FEWEST_PIXELS = 500


def intraclass_correlation(values: Floats, polygon: Integers, label: Integers) -> float:
    """Share of the variance within classes that lies between polygons.

    One-way analysis of variance with random effects and unequal sizes (Donner 1986, *A review of inference
    procedures for the intraclass correlation coefficient*), polygons nested in classes.

    Parameters
    ----------
    values
        One a pixel, (pixels,).
    polygon
        Number of each pixel's polygon, (pixels,).
    label
        Class of each pixel, the same for all pixels of a polygon, (pixels,).
    """
    _, first, group = np.unique(polygon, return_index=True, return_inverse=True)
    _, kind = np.unique(label[first], return_inverse=True)
    size = np.bincount(group).astype(np.float64)
    mean = np.bincount(group, weights=values) / size
    class_size = np.bincount(kind, weights=size)
    class_mean = np.bincount(kind, weights=size * mean) / class_size
    free = len(size) - len(class_size)
    between = np.sum(size * (mean - class_mean[kind]) ** 2) / free
    within = np.sum((values - mean[group]) ** 2) / (len(values) - len(size))
    typical = (len(values) - np.sum(np.bincount(kind, weights=size**2) / class_size)) / free
    return float((between - within) / (between + (typical - 1) * within))


def polygon_correlations(scene: Path | str) -> Floats:
    """Intraclass correlation of NDVI for each acquisition of a scene, (acquisitions,).

    Pixels count that lie in reference polygons and that no mask flags; their class is the true one.
    """
    home = Path(scene)
    polygons = _usable_polygons(home / "reference.gpkg")
    found = []
    for tile in sorted(folder.name for folder in (home / "sentinel2").iterdir()):
        with rasterio.open(home / "truth" / f"{tile}.tif") as dataset:
            truth, shape, transform = dataset.read(1), dataset.shape, dataset.transform
        shapes = [(geometry, number) for number, geometry in enumerate(polygons, start=1)]
        owner = rasterio.features.rasterize(shapes, shape, transform=transform, dtype="int32")
        for product in sorted((home / "sentinel2" / tile).iterdir()):
            red, nir = (_read(product / f"{product.name}_FRE_{band}.tif") for band in ("B4", "B8"))
            masks = [_read(product / "MASKS" / f"{product.name}_{m}_R1.tif") for m in ("CLM", "EDG", "SAT")]
            used = (owner > 0) & (np.bitwise_or.reduce(masks) == 0)
            if np.count_nonzero(used) >= FEWEST_PIXELS:
                ndvi = (nir[used] - red[used]) / (nir[used] + red[used])
                found.append(
                    intraclass_correlation(ndvi, owner[used].astype(np.int64), truth[used].astype(np.int64))
                )
    return np.array(found)


def _usable_polygons(path: Path) -> geopandas.GeoSeries:
    """Geometries of a reference that are valid, of one part, of a known class and no copies."""
    features = geopandas.read_file(path)
    geometry = features.geometry.to_numpy()
    good = (
        shapely.is_valid(geometry) & ~shapely.is_empty(geometry) & (shapely.get_num_geometries(geometry) == 1)
    )
    kept = features.geometry[good & features["code"].isin(CODES)]
    return kept[~kept.to_wkb().duplicated()]


def _read(path: Path) -> Integers:
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1), np.int64)
