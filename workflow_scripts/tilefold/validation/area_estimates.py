"""Areas and accuracies of a map from interpreted points of a probability sample."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray

from tilefold.storage.tables import read_table, write_table
from tilefold.validation.ground_area import raster_areas
from tilefold.validation.stratified import (
    ESTIMATE_COLUMNS,
    SampleError,
    Stratified,
    check_sample,
    design_estimates,
)

logger = logging.getLogger(__name__)

AREA_COLUMNS = ["seed", "metric", "class", "label", *ESTIMATE_COLUMNS[2:]]


def estimate_areas(
    classification: Path | str,
    points: Path | str,
    strata: Path | str,
    settings: Mapping[str, Any],
    *,
    areas: Path | str,
) -> None:
    """Estimate accuracies and areas, see `design_estimates`, and set the mapped areas beside them.

    Strata are those of the design, map classes those of this map: they may differ, and the estimators hold.

    Parameters
    ----------
    classification
        Map of the run `all`.
    points
        Vector of the points, as `tilefold sampling-design` writes and people fill it in.
    strata
        CSV with `stratum`, `pixels` and `hectares` of each stratum of the design.
    settings
        `seed`; `classes` (each with `code` and `label`); `nodata`; `class_field` and `stratum_field` of the points.
    areas
        CSV to write, `AREA_COLUMNS`; besides the metrics of `design_estimates` there is `mapped_ha`, the map's own
        area of each class (a count of pixels, with no error that is known).

    Raises
    ------
    SampleError
        If a field is missing, a class or stratum is unknown, a point lies outside the map, or a stratum has too
        few interpreted points.
    """
    labels = {int(item["code"]): item["label"] for item in settings["classes"]}
    codes = sorted(labels)
    table = read_points(points, settings["class_field"], settings["stratum_field"], codes)
    design = read_table(strata, ["stratum", "pixels", "hectares"]).set_index("stratum")
    unknown = sorted(set(table["stratum"]) - set(design.index))
    if unknown:
        raise SampleError(
            f"{points}: the strata {unknown} are not in {strata}; give the file of the same design"
        )
    sample = Stratified(
        design.index.get_indexer(pd.Index(table["stratum"])).astype(np.int64),
        values_at(classification, table),
        table["class"].to_numpy(np.int64),
        (design["hectares"] / design["hectares"].sum()).to_numpy(np.float64),
        design["pixels"].to_numpy(np.float64),
    )
    check_sample(sample, list(design.index))
    found = design_estimates(sample, codes, float(design["hectares"].sum()))
    mapped = raster_areas(classification, int(settings["nodata"])).set_index("value")["hectares"]
    rows = pd.DataFrame(
        {"metric": "mapped_ha", "class": codes, "value": mapped.reindex(codes, fill_value=0.0)}
    )
    found = pd.concat([found, rows.astype({"class": "Int64"})], ignore_index=True)
    found = found.assign(seed=settings["seed"], label=found["class"].map(labels))
    write_table(areas, found[AREA_COLUMNS].astype({"n_points": "Int64"}))
    logger.info("%d interpreted points in %d strata", len(table), len(design))


def read_points(path: Path | str, class_field: str, stratum_field: str, codes: list[int]) -> pd.DataFrame:
    """Interpreted points: `class`, `stratum`, `geometry`; those without a class are left out and counted.

    Raises
    ------
    SampleError
        If a field is missing or a class is not one of `codes`.
    """
    found = geopandas.read_file(path)
    missing = [field for field in (class_field, stratum_field) if field not in found.columns]
    if missing:
        raise SampleError(f"{path}: no field {', '.join(missing)}; it has {', '.join(found.columns[:-1])}")
    found = found.rename(columns={class_field: "class", stratum_field: "stratum"})
    known = pd.to_numeric(found["class"], errors="coerce")
    wrong = sorted(set(found.loc[found["class"].notna() & ~known.isin(codes), "class"].astype(str)))
    if wrong:
        raise SampleError(f"{path}, field {class_field}: found {', '.join(wrong)}, expected codes {codes}")
    if known.isna().any():
        logger.warning("%s: %d points have no class and are left out", path, int(known.isna().sum()))
    return found.assign(**{"class": known})[known.notna()].astype({"class": "int64", "stratum": "int64"})


def values_at(classification: Path | str, points: geopandas.GeoDataFrame) -> NDArray[np.int64]:
    """Map values at points, (points,)."""
    with rasterio.open(classification) as dataset:
        places = points.geometry.to_crs(dataset.crs)
        left, bottom, right, top = dataset.bounds
        x, y = places.x.to_numpy(), places.y.to_numpy()
        outside = (x < left) | (x >= right) | (y <= bottom) | (y > top)
        if outside.any():
            raise SampleError(
                f"{int(outside.sum())} of {len(points)} points lie outside {classification}; the design must be made "
                "on a map of the same area"
            )
        values = [value[0] for value in dataset.sample(zip(x, y, strict=True))]
    return np.array(values, np.int64)
