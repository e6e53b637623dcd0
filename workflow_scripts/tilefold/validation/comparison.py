"""Two projects on the polygons that are test in both: differences of scores with paired intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.storage.tables import read_table
from tilefold.validation.intervals import generator, replicate_matrices, with_interval
from tilefold.validation.matrices import UnitCounts, unit_counts
from tilefold.validation.metrics import f1, kappa, mean_f1, mean_iou, overall_accuracy
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA_TEST, side_rows
from tilefold.validation.units import BLOCK, GROUP, UNIT, kind_words, unit_kind
from tilefold.validation.validate import not_learnt

COLUMNS = ["fold", "seed", "side", "metric", "class", "label", "first", "second", "difference", "low", "high"]
COLUMNS += ["n_polygons", "unit", "n_pixels_first", "n_pixels_second", "note"]
Score = Callable[[NDArray[Any]], NDArray[np.float64]]


class IncomparableError(ValueError):
    """Two projects that have nothing to compare."""


@dataclass(frozen=True)
class Project:
    """A finished run: its results, and what its plan says.

    Attributes
    ----------
    results
        Results folder.
    labels
        Label of each class code.
    nodata
        Value of the maps without a class.
    runs
        Fold and seed of each run.
    """

    results: Path
    labels: Mapping[int, str]
    nodata: int
    runs: Sequence[tuple[str, int]]


def compare_projects(
    first: Project, second: Project, *, replicates: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Scores of two projects on the same polygons, and second minus first with its 95 % interval.

    A polygon is the same if its persistent identifier (its group's) and class are. Runs of the same fold and seed are
    compared, in area and on test polygons out of area; each project's own pixels of the polygons count. What is
    resampled is what both projects resample; a polygon is in the first project's block.

    Parameters
    ----------
    first, second
        The projects; their classes have the same codes.
    replicates, seed
        Of the resampling within classes, both projects on the same resample.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row for each run, side and metric (`oa`, `kappa`, `mean_iou`, `mean_f1_common` over the classes
        that both learnt; `f1` of each class).

    Raises
    ------
    IncomparableError
        If the codes or the units of resampling differ, or no polygon is test in both.
    """
    if set(first.labels) != set(second.labels):
        only = sorted(set(first.labels) ^ set(second.labels))
        raise IncomparableError(
            f"the projects differ in their classes: codes {only} are in one of them alone"
        )
    parts = []
    for fold, number in [run for run in first.runs if run in set(second.runs)]:
        sides = (IN_AREA,) if fold == ALL else (IN_AREA, OUT_OF_AREA_TEST)
        for side in sides:
            found = _paired_units(first, second, fold, number, side)
            if found is not None:
                rng = generator(seed, f"{fold}/{side}", number)
                rows = _differences(first, second, (fold, number), *found, replicates, rng)
                parts.append(pd.DataFrame(rows).assign(fold=fold, seed=number, side=side))
    if not parts:
        raise IncomparableError(
            f"{first.results} and {second.results}: no run of one fold and seed has a polygon that is test in both; "
            "use the same reference data (or reference.id_field), seeds and folds"
        )
    table = pd.concat(parts, ignore_index=True)
    return table.assign(label=table["class"].map(first.labels)).astype({"class": "Int64"})[COLUMNS]


def _paired_units(
    first: Project, second: Project, fold: str, seed: int, side: str
) -> tuple[tuple[UnitCounts, UnitCounts], str] | None:
    """Counts of both projects on the groups that are classified in both, and the name of what is resampled.

    None without such a group.
    """
    tables = [_named_counts(project, fold, seed, side) for project in (first, second)]
    kinds = [unit_kind(table) for table in tables]
    if kinds[0] != kinds[1]:
        raise IncomparableError(
            f"the projects differ in what they resample, {kind_words(kinds[0])} and {kind_words(kinds[1])} "
            f"({kinds[0]}, {kinds[1]}); give both the same validation.bootstrap.unit and run "
            "`snakemake validation` again, which trains nothing"
        )
    keys = ["name", "code"]
    seen = [
        table[table["predicted"] != project.nodata][keys].drop_duplicates()
        for table, project in zip(tables, (first, second), strict=True)
    ]
    shared = seen[0].merge(seen[1], on=keys)
    if shared.empty:
        return None
    tables = _numbered([table.merge(shared, on=keys) for table in tables], kinds[0]["kind"])
    # Each project has every unit, if without a pixel.
    every = pd.concat([table[[UNIT, "code"]] for table in tables]).drop_duplicates().assign(pixels=0)
    units = [
        unit_counts(
            pd.concat([table, every.assign(predicted=project.nodata)]),
            sorted(first.labels),
            project.nodata,
            UNIT,
        )
        for table, project in zip(tables, (first, second), strict=True)
    ]
    return (units[0], units[1]), kind_words(kinds[0])


def _numbered(tables: list[pd.DataFrame], kind: str) -> list[pd.DataFrame]:
    """Tables with numbers of units that mean the same in both: by persistent names, or the first one's blocks."""
    if kind == BLOCK:
        of_first = tables[0].drop_duplicates("id").set_index("id")[UNIT]
        named = [table["id"].map(of_first).fillna(table[UNIT]).astype(np.int64) for table in tables]
    else:
        named = [table["name" if kind == GROUP else "id"] for table in tables]
    numbers, _ = pd.factorize(pd.concat(named, ignore_index=True), sort=True)
    parts = np.split(numbers, [len(tables[0])])
    return [table.assign(**{UNIT: part}) for table, part in zip(tables, parts, strict=True)]


def _named_counts(project: Project, fold: str, seed: int, side: str) -> pd.DataFrame:
    """Rows of a side with the persistent names of each polygon, `id`, and its group, `name`."""
    counts = read_table(project.results / "validation" / fold / f"seed_{seed}" / "counts.parquet")
    split = read_table(project.results / "split" / f"seed_{seed}.parquet", ["polygon", "id", "group_id"])
    names = split.set_index("polygon").astype(str)
    rows = side_rows(counts, side)
    of_rows = names.reindex(rows["polygon"])
    named = rows.assign(id=of_rows["id"].to_numpy(), name=of_rows["group_id"].to_numpy())
    named.attrs = counts.attrs
    return named


def _differences(
    first: Project,
    second: Project,
    run: tuple[str, int],
    pair: tuple[UnitCounts, UnitCounts],
    unit: str,
    replicates: int,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    codes = pair[0].codes
    counted = (pair[0].pixels > 0) | (pair[1].pixels > 0)
    polygons = np.bincount(pair[0].classes[counted], minlength=len(codes))
    learnt = [~np.isin(codes, not_learnt(_rates(project, *run), codes)) for project in (first, second)]
    common = learnt[0] & learnt[1] & (polygons > 0)
    drawn = replicate_matrices(pair, counted, replicates=replicates, rng=rng)

    def row(metric: str, score: Score, code: int | None, rests_on: NDArray[np.int64]) -> dict[str, Any]:
        values = [float(score(units.matrix)) for units in pair]
        scores = score(drawn)
        gap = with_interval(values[1] - values[0], scores[1] - scores[0], rests_on, codes, unit=unit)
        return {
            "metric": metric,
            "class": code,
            "first": values[0],
            "second": values[1],
            "difference": gap.value,
            "low": gap.low,
            "high": gap.high,
            "n_polygons": gap.n_polygons,
            "unit": unit,
            "n_pixels_first": int(pair[0].pixels.sum()),
            "n_pixels_second": int(pair[1].pixels.sum()),
            "note": gap.note,
        }

    whole: dict[str, Score] = {"oa": overall_accuracy, "kappa": kappa, "mean_iou": mean_iou}
    rows = [row(metric, score, None, polygons) for metric, score in whole.items()]
    only_common = np.where(common, polygons, 0)
    rows.append(row("mean_f1_common", lambda matrix: mean_f1(matrix, common), None, only_common))
    for place in np.flatnonzero(polygons):
        own = np.where(np.arange(len(codes)) == place, polygons, 0)
        rows.append(row("f1", _f1_of(int(place)), codes[place], own))
    return rows


def _f1_of(place: int) -> Score:
    return lambda matrix: f1(matrix)[..., place]


def _rates(project: Project, fold: str, seed: int) -> Path:
    return project.results / "runs" / fold / f"seed_{seed}" / "rates.csv"
