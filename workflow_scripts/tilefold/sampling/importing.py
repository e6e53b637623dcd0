"""Samples from a table of the user's own: pools as if images had been read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.ground_truth.classes import class_codes
from tilefold.ground_truth.features import PURPOSES, as_text
from tilefold.ground_truth.reading import GroundTruthError
from tilefold.ground_truth.reasons import MAIN, NULL_CLASS, READ, REJECTION, UNKNOWN_CLASS, USED
from tilefold.ground_truth.summary import rows_of, summarise_cleaning
from tilefold.sampling.imported_values import ValueColumns
from tilefold.sampling.pools import waiting_values, write_pool
from tilefold.sampling.table_source import table_parts
from tilefold.storage.metadata import provenance
from tilefold.storage.tables import write_table

logger = logging.getLogger(__name__)

#: Tile of all samples where the table names none.
ONE_TILE = "all"


def import_samples(
    source: Path | str,
    settings: Mapping[str, Any],
    *,
    pools: Mapping[str, Path | str],
    indexes: Mapping[str, Path | str],
    polygons: Path | str,
    rejected: Path | str,
    table: Path | str,
) -> None:
    """Make pools from a table with one row a sample; every row that is not used is written with its reason.

    The order of rows changes nothing: samples are ordered by tile, polygon and content. The table is read twice, by
    parts; memory is that of the keys (some 200 bytes a sample) and of one part.

    Parameters
    ----------
    source
        Parquet, CSV or NetCDF.
    settings
        ``class_field``; ``codes``; ``names`` (see `class_codes`); ``fields`` by purpose as for
        `clean_ground_truth` (rows that share a value of ``id`` and a class are one polygon; without it each row is
        one); ``x``, ``y`` (columns, or None); ``tile_field`` (or None); ``tiles`` (value in the table by name);
        ``inputs`` (what pools hold); ``columns`` (see `ValueColumns`).
    pools, indexes
        To write, by tile: see `extract_pool`; in the index ``row`` is the sample's rank in its tile, ``col`` 0, and
        ``x``, ``y`` are NaN where the table has no coordinates.
    polygons
        Parquet table to write, one row a polygon: ``polygon``, ``group``, ``id``, ``group_id``, ``code``,
        ``split_value``, ``fold_value``, and for each tile it lies in ``tile``, ``pixels``: a polygon of two tiles
        has two rows.
    rejected
        CSV to write: ``row`` (from 1, the header not counted), ``reason``, ``class_value``.
    table
        CSV to write, as that of `clean_ground_truth`; each row is a feature of one pixel, without an area.

    Raises
    ------
    GroundTruthError
        If no row can be used.
    TableError
        If a value cannot be stored.
    """
    values = ValueColumns(settings["inputs"], settings["columns"])
    keys = _read_keys(source, settings, values)
    _reject_rows(keys, settings)
    kept = _numbered(keys[keys["reason"] == ""])
    refused = keys[keys["reason"] != ""]
    if kept.empty:
        counts = "; ".join(f"{reason} ({n})" for reason, n in refused["reason"].value_counts().items())
        raise GroundTruthError(f"{source}: none of {len(keys)} rows can be used; reasons: {counts}")
    _write_pools(source, settings, values, len(keys), kept, pools, indexes)
    write_table(polygons, _polygons(kept))
    write_table(rejected, refused.assign(row=refused["row"] + 1)[["row", "reason", "class_value"]])
    write_table(table, _summary(keys, settings["codes"]))
    logger.info("%d rows read, %d samples of %d tiles kept", len(keys), len(kept), kept["tile"].nunique())


def _write_pools(
    source: Path | str,
    settings: Mapping[str, Any],
    values: ValueColumns,
    rows: int,
    kept: pd.DataFrame,
    pools: Mapping[str, Path | str],
    indexes: Mapping[str, Path | str],
) -> None:
    folder = Path(next(iter(pools.values()))).parent
    with waiting_values(folder, settings["inputs"], len(kept)) as stored:
        clear_dates = _read_values(source, values, rows, kept, stored)
        for tile, path in pools.items():
            inside = np.flatnonzero(kept["tile"].to_numpy() == tile)
            part = slice(inside[0], inside[-1] + 1) if inside.size else slice(0, 0)
            of_tile = {name: block[part] for name, block in stored.items()}
            write_pool(path, settings["inputs"], of_tile, provenance(settings))
            write_table(indexes[tile], _index(kept.iloc[part], clear_dates[part]))


def _read_keys(source: Path | str, settings: Mapping[str, Any], values: ValueColumns) -> pd.DataFrame:
    """All but the values, one row a sample in the order of the table.

    ``row``, ``class_value``, ``given_<purpose>``, ``tile_value`` (texts), ``x``, ``y``, ``content`` (hash of the
    row).
    """
    given = {purpose: settings["fields"].get(purpose) for purpose in PURPOSES}
    texts = [settings["class_field"], *(name for name in given.values() if name)]
    texts += [settings["tile_field"]] if settings["tile_field"] else []
    texts = list(dict.fromkeys(texts))
    places = [settings[axis] for axis in ("x", "y") if settings[axis]]
    columns = list(dict.fromkeys([*texts, *places, *values.names]))
    parts = []
    for part in table_parts(source, columns, text=texts):
        # Numbers as doubles and words as text: the same content in another kind of file has the same hash.
        plain = pd.DataFrame(
            {name: as_text(part[name]) if name in texts else _numbers(part[name]) for name in columns}
        )
        keys = plain[[*texts, *places]].copy()
        keys["content"] = pd.util.hash_pandas_object(plain, index=False).to_numpy(np.uint64)
        parts.append(keys)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns, "content"])
    nothing = pd.Series("", index=table.index, dtype=object)
    return pd.DataFrame(
        {
            "row": np.arange(len(table)),
            "class_value": table[settings["class_field"]],
            **{f"given_{purpose}": table[name] if name else nothing for purpose, name in given.items()},
            "tile_value": table[settings["tile_field"]] if settings["tile_field"] else nothing,
            **{axis: table[settings[axis]] if settings[axis] else np.nan for axis in ("x", "y")},
            "content": table["content"].astype(np.uint64),
        }
    )


def _numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """Values as doubles; what is no number is NaN."""
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def _reject_rows(keys: pd.DataFrame, settings: Mapping[str, Any]) -> None:
    """Add ``code``, ``tile`` and ``reason``, empty for rows that are used."""
    keys["code"] = class_codes(keys["class_value"], settings["names"])
    names = {value: name for name, value in settings["tiles"].items()}
    keys["tile"] = keys["tile_value"].map(names) if settings["tile_field"] else ONE_TILE
    keys["reason"] = ""
    placed = np.isfinite(keys["x"]) & np.isfinite(keys["y"])
    for mask, reason in (
        (keys["class_value"] == "", NULL_CLASS),
        (~keys["code"].isin(list(settings["codes"])), UNKNOWN_CLASS),
        (keys["tile"].isna(), "no tile"),
        (~placed & bool(settings["x"]), "no coordinates"),
        (keys.duplicated("content"), "same content as an earlier row"),
    ):
        keys.loc[mask & (keys["reason"] == ""), "reason"] = reason


def _numbered(keys: pd.DataFrame) -> pd.DataFrame:
    """Samples in the order tile, polygon, content, with ``polygon``, ``group``, ``id``, ``group_id``."""
    own = keys["content"].map("{:016x}".format)
    identity = keys["given_id"].where(keys["given_id"] != "", own)
    table = keys.assign(id=identity)
    table["group_id"] = table["given_group"].where(table["given_group"] != "", table["id"])
    table["code"] = table["code"].astype(np.int32)
    table = table.sort_values(["id", "code", "content"], kind="stable", ignore_index=True)
    first = (table["id"] != table["id"].shift()) | (table["code"] != table["code"].shift())
    table["polygon"] = first.cumsum().astype(np.int32)
    _, rank = np.unique(table["group_id"].to_numpy(str), return_inverse=True)
    table["group"] = rank.astype(np.int32) + np.int32(1)
    return table.sort_values(["tile", "polygon", "content"], kind="stable", ignore_index=True)


def _read_values(
    source: Path | str,
    values: ValueColumns,
    rows: int,
    kept: pd.DataFrame,
    stored: Mapping[str, NDArray[Any]],
) -> NDArray[np.uint16]:
    """Put the values of samples where they belong; the number of dates with all bands of each sample."""
    place = np.full(rows, -1, np.int64)
    place[kept["row"].to_numpy()] = np.arange(len(kept))
    clear_dates = np.zeros(len(kept), np.uint16)
    start = 0
    for part in table_parts(source, values.names):
        places = place[start : start + len(part)]
        used = places >= 0
        for name, block in values.stored(part[used], start + np.flatnonzero(used)).items():
            stored[name][places[used]] = block
        clear_dates[places[used]] = values.clear_dates(stored, places[used])
        start += len(part)
    return clear_dates


def _index(samples: pd.DataFrame, clear_dates: NDArray[np.uint16]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": np.arange(len(samples), dtype=np.int32),
            "col": np.zeros(len(samples), np.int32),
            "x": samples["x"].to_numpy(np.float64),
            "y": samples["y"].to_numpy(np.float64),
            "polygon": samples["polygon"].to_numpy(np.int32),
            "group": samples["group"].to_numpy(np.int32),
            "code": samples["code"].to_numpy(np.int32),
            "clear_dates": clear_dates,
        }
    )


def _polygons(kept: pd.DataFrame) -> pd.DataFrame:
    columns = {"given_split": "split_value", "given_fold": "fold_value"}
    keys = ["polygon", "group", "id", "group_id", "code", "split_value", "fold_value", "tile"]
    table = kept.rename(columns=columns)
    # What is said of a polygon is what its first sample says.
    said = table.groupby("polygon")[["group", "group_id", "split_value", "fold_value"]].transform("first")
    return (
        table.assign(**said)
        .groupby(keys, as_index=False)
        .agg(pixels=("row", "size"))
        .sort_values(["polygon", "tile"])
    )


def _summary(keys: pd.DataFrame, codes: list[int]) -> pd.DataFrame:
    rows = keys.assign(source=MAIN)
    refused = rows["reason"] != ""
    parts = [
        rows_of(rows, READ, hectares=0.0),
        rows_of(rows[refused], REJECTION, rows["reason"][refused].to_numpy(object), hectares=0.0),
        rows_of(rows[~refused], USED, hectares=0.0),
    ]
    table = summarise_cleaning(parts, codes, None)
    return table.assign(pixels=table["features"], hectares=np.nan)
