"""Selection of the pixels that a run is trained on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.folds.barring import BarredArea, fold_roles
from tilefold.folds.roles import LEARN, VALIDATION
from tilefold.sampling.periodic import periodic
from tilefold.storage.tables import read_table, write_table

logger = logging.getLogger(__name__)


def select_samples(
    split: Path | str,
    indexes: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    selection: Path | str,
    rates: Path | str,
    roles: Path | str,
    barred: Path | str,
) -> None:
    """Select a run's training pixels from the indexes of its tiles' pools; no image is read.

    Parameters
    ----------
    split
        Table of `split_polygons`.
    indexes
        Indexes of the pools of the training tiles, by tile.
    settings
        `fold`, `seed`, `held_out`, `codes`, `regions`, `min_clear_dates`, `strategy` ("constant" or "all"),
        `count` and `barring` (None for the fold `all`).
    selection
        Table to write: `tile`, `pool_row`, `polygon`, `group`, `code`, `role`, in the order tile, polygon, row,
        column.
    rates
        Table to write, one row for each region and class: `region`, `code`, `polygons`, `available`, `required`,
        `taken`, `rate`, `learn`, `validation`; a class without pixels has zeros.
    roles
        Table to write: roles of all polygons in this run, see `fold_roles`.
    barred
        Table to write: `code`, `reason` ("held_out" or "barred"), `polygons`, `pixels`: what the fold takes from
        training, of the pixels that the split gives to learn and validation.
    """
    polygons = read_table(split)
    pixels = _read_indexes(indexes)
    area = BarredArea.of_fold(settings["held_out"], settings["barring"])
    in_fold = fold_roles(polygons, pixels, area)
    training = in_fold[in_fold["role"].isin([LEARN, VALIDATION])]
    candidates = pixels[pixels["clear_dates"] >= settings["min_clear_dates"]].merge(
        training[["polygon", "role", "region"]], on="polygon", how="inner", sort=False
    )
    candidates = candidates.sort_values(["tile", "pool_row"], ignore_index=True)
    taken, table = _draw(candidates, settings)
    columns = ["tile", "pool_row", "polygon", "group", "code", "role"]
    write_table(selection, taken[columns].reset_index(drop=True))
    write_table(rates, table)
    write_table(roles, in_fold)
    write_table(barred, _barred_table(polygons, in_fold))
    logger.info("%s, seed %d: %d samples", settings["fold"], settings["seed"], len(taken))


def _read_indexes(indexes: Mapping[str, Path | str]) -> pd.DataFrame:
    tables = []
    for tile in sorted(indexes):
        table = read_table(indexes[tile], ["x", "y", "polygon", "group", "code", "clear_dates"])
        tables.append(table.assign(tile=tile, pool_row=np.arange(len(table), dtype=np.int64)))
    return pd.concat(tables, ignore_index=True)


def _draw(candidates: pd.DataFrame, settings: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Samples in the order of the candidates, and the table of rates."""
    taken = np.zeros(len(candidates), np.bool_)
    rows = []
    for region in settings["regions"]:
        for code in settings["codes"]:
            of_class = ((candidates["region"] == region) & (candidates["code"] == code)).to_numpy()
            available = int(of_class.sum())
            required = available if settings["strategy"] == "all" else settings["count"]
            taken[of_class] = periodic(available, required)
            picked = candidates[of_class & taken]
            rows.append(
                {
                    "region": region,
                    "code": code,
                    "polygons": candidates.loc[of_class, "group"].nunique(),
                    "available": available,
                    "required": required,
                    "taken": len(picked),
                    "rate": min(required / available, 1.0) if available else 0.0,
                    "learn": int((picked["role"] == LEARN).sum()),
                    "validation": int((picked["role"] == VALIDATION).sum()),
                }
            )
    return candidates[taken], pd.DataFrame(rows)


def _barred_table(split: pd.DataFrame, roles: pd.DataFrame) -> pd.DataFrame:
    """What a fold takes from the training polygons of the split, by class."""
    columns = ["code", "reason", "polygons", "pixels"]
    lost = roles["barred"] & roles["split_role"].isin([LEARN, VALIDATION])
    table = roles.assign(
        reason=np.where(roles["held_out"], "held_out", "barred"), pixels=split["pixels"].to_numpy()
    )[lost]
    if table.empty:
        return pd.DataFrame(columns=columns)
    grouped = table.groupby(["code", "reason"], as_index=False)
    return grouped.agg(polygons=("group", "nunique"), pixels=("pixels", "sum"))[columns]
