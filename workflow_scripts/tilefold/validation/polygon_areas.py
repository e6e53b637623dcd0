"""Areas and accuracies of a map from reference polygons, as if they were a sample of each map class.

The estimator is the post-stratified one of Olofsson et al. 2014 (Remote Sensing of Environment 148): map classes are
strata, weighed by their ground area, and the test pixels that are mapped as a class stand for it. Polygons are no
probability sample, so that its standard errors do not hold; those given come from resampling polygons.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.tables import read_table, write_table
from tilefold.validation.ground_area import raster_areas
from tilefold.validation.intervals import (
    MINIMUM_POLYGONS,
    NO_INTERVAL,
    OPTIMISTIC,
    Gap,
    generator,
    replicate_matrices,
    with_interval,
)
from tilefold.validation.matrices import UnitCounts, unit_counts
from tilefold.validation.metrics import precision
from tilefold.validation.sides import IN_AREA, side_rows
from tilefold.validation.units import UNIT, unit_words

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]
POLYGON_AREA_COLUMNS = [
    "seed",
    "metric",
    "class",
    "label",
    "value",
    "se",
    "low",
    "high",
    "n_polygons",
    "unit",
    "note",
]
NO_ESTIMATE = "no estimate"


def estimate_polygon_areas(
    classification: Path | str,
    counts: Path | str,
    split: Path | str,
    settings: Mapping[str, Any],
    *,
    areas: Path | str,
) -> None:
    """Estimate accuracies and areas of the map of the run `all` from the test polygons that no model learnt.

    Map classes that no test pixel is mapped as are in no estimate: shares are those of the rest of the map, and the
    table says how much that is. Polygons in tiles that are not mapped do not count.

    Parameters
    ----------
    classification
        Map of the run `all`.
    counts
        Counts of that run, of `validate_run`.
    split
        Table of `split_polygons`: `polygon`, `pixels`. Where test pixels are thinned each class counts with all.
    settings
        `seed`; `tiles` that are mapped; `classes` (each with `code` and `label`); `nodata`; `bootstrap`
        (`replicates`, `seed`).
    areas
        CSV to write, `POLYGON_AREA_COLUMNS`: the metrics of `design_estimates`, `mapped_ha` (area of each class in
        the map, its note says if it is in no estimate), and `estimated_ha` (area of the map that the estimates are
        of). `n_polygons` are the units (see `unit`) that an estimate rests on: of `users_accuracy` those with a pixel
        mapped as the class, of the others those of the class. `se` is the standard deviation of the resamples; it
        and the interval follow the rules of `with_interval`, and are marked where the estimate takes area from a map
        class with few units.
    """
    labels = {int(item["code"]): item["label"] for item in settings["classes"]}
    codes, nodata = sorted(labels), int(settings["nodata"])
    table = read_table(counts)
    tested = side_rows(table, IN_AREA)
    units = unit_counts(tested[tested["tile"].isin(list(settings["tiles"]))], codes, nodata, UNIT)
    mapped = raster_areas(classification, nodata).set_index("value")["hectares"]
    hectares = mapped.reindex(codes, fill_value=0.0).to_numpy(np.float64)
    bootstrap = settings["bootstrap"]
    rng = generator(int(bootstrap["seed"]), "all/areas", int(settings["seed"]))
    replicates = int(bootstrap["replicates"])
    drawn = replicate_matrices([units], units.pixels > 0, replicates=replicates, rng=rng)[0]
    fullness = _fullness(tested, read_table(split, ["polygon", "pixels"]), codes)[:, np.newaxis]
    unit = unit_words([table])
    found = _estimate_rows(units, units.matrix * fullness, drawn * fullness, hectares, unit)
    found = found.assign(seed=settings["seed"], label=found["class"].map(labels), unit=unit)
    write_table(areas, found.astype({"class": "Int64", "n_polygons": "Int64"})[POLYGON_AREA_COLUMNS])
    logger.info("%d %ss of test polygons", int(units.units_by_class.sum()), unit)


def post_stratified(matrix: Floats, hectares: Floats, whole: Floats | None = None) -> dict[str, Floats]:
    """Estimates from confusion matrices with map classes as strata.

    Parameters
    ----------
    matrix
        Pixels, (..., classes, classes): rows are reference classes, columns map classes.
    hectares
        Ground area of each map class, (classes,).
    whole
        Matrix that `matrix` holds resamples of, (classes, classes): its map classes are the strata of all of them.

    Returns
    -------
    dict
        `oa`, (...); `users_accuracy`, `producers_accuracy`, `area_share`, (..., classes). All but user's accuracies
        are of the map classes with pixels in the (whole) matrix, in the shares of their areas. NaN is 0/0, and of a
        resample without any pixel of a map class that the estimate takes area from: what that area is of is unknown.
    """
    source = matrix if whole is None else whole
    areas = np.where(source.sum(axis=-2) > 0, hectares, 0.0)
    weights = _ratio(areas, areas.sum(axis=-1, keepdims=True))
    inside = _ratio(matrix, matrix.sum(axis=-2)[..., np.newaxis, :])
    cells = (
        np.where((source > 0) & (areas > 0)[..., np.newaxis, :], inside, 0.0) * weights[..., np.newaxis, :]
    )
    right = np.diagonal(cells, axis1=-2, axis2=-1)
    share = cells.sum(axis=-1)
    return {
        "oa": right.sum(axis=-1),
        "users_accuracy": precision(matrix),
        "producers_accuracy": _ratio(right, share),
        "area_share": share,
    }


def _estimate_rows(
    units: UnitCounts, matrix: Floats, drawn: Floats, hectares: Floats, unit: str
) -> pd.DataFrame:
    values, replicates = post_stratified(matrix, hectares), post_stratified(drawn, hectares, matrix)
    covered = matrix.sum(axis=0) > 0
    estimated = float(hectares[covered].sum())
    by_class, places = units.units_by_class, np.arange(len(units.codes))
    in_map = _units_by_map_class(units)
    few = (in_map.sum(axis=0) < MINIMUM_POLYGONS) & covered & (hectares > 0)
    right = few & (np.diagonal(matrix) > 0)
    rows = [_row("oa", None, values["oa"], replicates["oa"], by_class, units.codes, right, unit)]
    for place, code in enumerate(units.codes):
        own = np.where(places == place, by_class, 0)
        takes = few & (matrix[place] > 0)
        for metric, polygons, weak in (
            ("users_accuracy", in_map[:, place], np.zeros_like(few)),
            ("producers_accuracy", own, takes),
            ("area_share", own, takes),
        ):
            of_class = values[metric][place], replicates[metric][:, place]
            rows.append(_row(metric, code, *of_class, polygons, units.codes, weak, unit))
        total = values["area_share"][place] * estimated, replicates["area_share"][:, place] * estimated
        rows.append(_row("area_ha", code, *total, own, units.codes, takes, unit))
    for code, area, known in zip(units.codes, hectares, covered, strict=True):
        note = (
            "" if known or not area else "mapped area in no estimate: no test pixel is mapped as this class"
        )
        rows.append({"metric": "mapped_ha", "class": code, "value": area, "note": note})
    rows.append({"metric": "estimated_ha", "class": None, "value": estimated, "note": ""})
    return pd.DataFrame(rows)


def _units_by_map_class(units: UnitCounts) -> NDArray[np.int64]:
    """Units with a pixel of each map class, (reference classes, map classes)."""
    found = np.zeros((len(units.codes), len(units.codes)), np.int64)
    np.add.at(found, units.classes, (units.predicted > 0).astype(np.int64))
    return found


def _row(
    metric: str,
    code: int | None,
    value: Floats,
    drawn: Floats,
    polygons: NDArray[np.int64],
    codes: tuple[int, ...],
    weak: NDArray[np.bool_],
    unit: str,
) -> dict[str, Any]:
    known = drawn[np.isfinite(drawn)]
    by_class = metric == "oa"
    gap = with_interval(
        float(value), known if known.size else np.zeros(1), polygons, codes, by_class=by_class, unit=unit
    )
    if np.isnan(gap.value):
        gap = replace(gap, note=f"{NO_ESTIMATE}: {_lacking(metric, code is None, gap.n_polygons)}")
    elif not np.isnan(gap.low):
        few = [code for code, is_few in zip(codes, weak, strict=True) if is_few]
        gap = _weakened(gap, (known.size, drawn.size), few, unit)
    return {
        "metric": metric,
        "class": code,
        "value": gap.value,
        "se": np.nan if np.isnan(gap.low) else round(float(known.std(ddof=1)), 6),
        "low": gap.low,
        "high": gap.high,
        "n_polygons": gap.n_polygons,
        "note": gap.note,
    }


def _weakened(gap: Gap, resamples: tuple[int, int], few: list[int], unit: str) -> Gap:
    """The interval with what map classes with few units do to it: it is too narrow, or there is none.

    `resamples` are those that tell the estimate, and all.
    """
    known, every = resamples
    if known < every / 2:
        note = f"only {known} of {every} resamples have a pixel of each map class that it takes area from"
        return replace(gap, low=np.nan, high=np.nan, note=f"{NO_INTERVAL}: {note}")
    if not few:
        return gap
    noun = unit.rsplit(maxsplit=1)[-1]
    found = f"fewer than {MINIMUM_POLYGONS} {noun}s mapped as class {', '.join(map(str, few))}"
    return replace(gap, note=f"{gap.note}; {found}" if gap.note else f"{OPTIMISTIC}: {found}")


def _lacking(metric: str, whole: bool, units: int) -> str:
    """Why there is no estimate."""
    if units:
        return "the map has none of the classes that its test pixels are mapped as"
    if metric == "users_accuracy":
        return "no test pixel is mapped as this class"
    return "no test polygon in the mapped tiles" if whole else "no test polygon of this class"


def _fullness(rows: pd.DataFrame, split: pd.DataFrame, codes: list[int]) -> Floats:
    """How many pixels of each class's test polygons one predicted pixel stands for: 1 unless they are thinned."""
    kept = rows.groupby("code")["pixels"].sum().reindex(codes)
    of_polygon = split.set_index("polygon")["pixels"]
    tested = rows.drop_duplicates("polygon")
    every = of_polygon.reindex(tested["polygon"]).groupby(tested["code"].to_numpy()).sum().reindex(codes)
    return (every / kept).fillna(1.0).to_numpy(np.float64)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
