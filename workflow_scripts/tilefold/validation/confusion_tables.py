"""Confusion matrices as tidy tables: one row for each pair of classes that occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tilefold.storage.tables import read_table
from tilefold.validation.fold_sides import FoldSide
from tilefold.validation.matrices import write_otb_matrix
from tilefold.validation.sides import side_rows

#: Columns of the table of a run: matrices of tiles and regions are sums over its rows.
RUN_COLUMNS = ["side", "tile", "region", "reference", "predicted", "pixels"]
#: Columns of the table over all runs.
SUMMARY_COLUMNS = ["fold", "seed", "side", "reference", "predicted", "pixels"]


def run_confusion(
    counts: pd.DataFrame, roles: Path | str, sides: Sequence[str], codes: Sequence[int], nodata: int
) -> pd.DataFrame:
    """Pixels of each side of a run by tile, region, reference class and predicted class.

    Parameters
    ----------
    counts
        Counts of the run, see `count_pixels`.
    roles
        Roles of the polygons in the run, with their region: that of most pixels of the polygon.
    sides
        Sides of the run.
    codes
        Class codes of the nomenclature; labels without reference stay in the table, as errors.
    nodata
        Predicted value that means no class; `predicted` is empty there.

    Returns
    -------
    DataFrame
        `RUN_COLUMNS`, sorted; `predicted` as nullable integer.
    """
    of_polygon = read_table(roles, ["polygon", "region"]).set_index("polygon")["region"]
    table = counts.assign(region=counts["polygon"].map(of_polygon))
    parts = [side_rows(table, side).assign(side=side) for side in sides]
    keys = ["side", "tile", "region", "code", "predicted"]
    found = pd.concat(parts).groupby(keys, sort=True, observed=True)["pixels"].sum().reset_index()
    unknown = set(found["code"]) | set(found["predicted"]) - {nodata}
    if not unknown <= set(codes):
        raise ValueError(
            f"the counts hold the classes {sorted(unknown - set(codes))}, not in the nomenclature"
        )
    return _named(found, nodata)[RUN_COLUMNS]


def summary_confusion(sides: Sequence[FoldSide]) -> pd.DataFrame:
    """Pixels of each row of the fold table by reference and predicted class, `SUMMARY_COLUMNS`.

    Only pairs that occur have a row; `predicted` is empty for pixels without a class.
    """
    parts = [_side_confusion(side) for side in sides]
    return pd.concat(parts, ignore_index=True)[SUMMARY_COLUMNS]


def write_side_matrices(folder: Path | str, sides: Sequence[FoldSide]) -> None:
    """Write the matrix of each row of the fold table in OTB's layout, as `<fold>_seed_<seed>_<side>.csv`."""
    for side in sides:
        name = f"{side.fold}_seed_{side.seed}_{side.side}.csv"
        write_otb_matrix(Path(folder) / name, side.units.matrix, side.units.codes)


def _side_confusion(side: FoldSide) -> pd.DataFrame:
    codes, units = np.asarray(side.units.codes), side.units
    matrix = np.zeros((len(codes), len(codes) + 1), np.int64)
    matrix[:, :-1] = units.matrix
    np.add.at(matrix[:, -1], units.classes, units.nodata)
    rows, columns = np.nonzero(matrix)
    predicted = pd.array(
        [int(codes[column]) if column < len(codes) else pd.NA for column in columns], "Int64"
    )
    return pd.DataFrame(
        {
            "fold": side.fold,
            "seed": side.seed,
            "side": side.side,
            "reference": codes[rows],
            "predicted": predicted,
            "pixels": matrix[rows, columns],
        }
    )


def _named(table: pd.DataFrame, nodata: int) -> pd.DataFrame:
    predicted = table["predicted"].astype("Int64").where(table["predicted"] != nodata)
    names: Mapping[str, str] = {"code": "reference"}
    return table.assign(predicted=predicted).rename(columns=names)
