"""Tables of cleaning: the reference before and after by class, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tilefold.ground_truth.reasons import MAIN, READ, STEPS, USED
from tilefold.report.table import NOTHING, Link, Table, count, number, percent, starts, words

#: Values that are no class, of each reason, that are shown singly.
SHOWN_VALUES = 10
GROUND = ["features", "pixels", "hectares"]
FILES = {MAIN: "reference", "test": "test file"}


def before_and_after_table(cleaning: pd.DataFrame, names: Mapping[int, str], link: Link) -> Table:
    """Features, pixels and hectares of each class, as read and as used."""
    files = list(cleaning["source"].unique())
    rows: list[list[str]] = []
    keys = []
    for source in files:
        table = cleaning[(cleaning["source"] == source) & cleaning["code"].isin(list(names))]
        sums = table.groupby(["code", "step"], as_index=False)[GROUND].sum(min_count=1)
        for code, name in names.items():
            before, after = (_row(sums, code, step) for step in (READ, USED))
            share = after["hectares"] / before["hectares"] if before["hectares"] else float("nan")
            cells = [name, *_cells(before), *_cells(after), percent(share)]
            rows.append(cells if len(files) == 1 else [FILES[source], *cells])
            keys.append(source)
    columns = ["class"]
    columns += [f"{step}: {what}" for step in ("read", "used") for what in ("features", "pixels", "hectares")]
    columns.append("hectares used / read")
    caption = (
        "Reference data by class, as read and as used. Used features are polygons and points after multi-part "
        "features were taken apart. Pixels are hectares over the area of a pixel; the split counts those that tiles "
        "really have."
    )
    if len(files) == 1:
        return Table(caption, columns, rows, [link])
    return Table(caption, ["file", *columns], rows, [link], (0, 1), starts(keys))


def outcome_table(
    cleaning: pd.DataFrame, split: pd.DataFrame, names: Mapping[int, str], links: list[Link]
) -> Table:
    """What was mended, rejected and noted, by class and reason, and what no tile can use.

    Parameters
    ----------
    cleaning
        Table of the cleaning.
    split
        Split of one seed, for polygons without a pixel.
    names
        Code and label of each class, by code.
    links
        Files of both.
    """
    told = cleaning[~cleaning["step"].isin([READ, USED])].sort_values(
        ["step", "reason", "code"],
        key=lambda column: column.map(STEPS.index) if column.name == "step" else column,
    )
    rows: list[list[str]] = []
    for (step, reason), part in told.groupby(["step", "reason"], sort=False):
        known = part[part["code"].notna()].groupby(["source", "code"], as_index=False, sort=True)
        listed = known[GROUND].sum(min_count=1).to_dict("records")
        for row in [*listed, *_unknown(part[part["code"].isna()])]:
            rows.append([str(step), str(reason), _class_name(row, names), FILES[row["source"]], *_cells(row)])
    rows += _without_pixels(split, names)
    columns = ["step", "reason", "class", "file", "features", "pixels", "hectares"]
    caption = (
        "What cleaning mended, rejected and noted, and which polygons hold no pixel of a training tile. Rejected "
        "features are in the file `rejected` beside the table, noted ones in its layer `noted`; polygons without a "
        "pixel are among those used."
    )
    return Table(caption, columns, rows, links, (0, 1, 2, 3), starts([row[:2] for row in rows]))


def _row(sums: pd.DataFrame, code: int, step: str) -> Mapping[Any, Any]:
    found = sums[(sums["code"] == code) & (sums["step"] == step)].to_dict("records")
    return found[0] if found else {"features": 0, "pixels": 0.0, "hectares": 0.0}


def _cells(row: Mapping[Any, Any]) -> list[str]:
    return [count(row["features"]), count(row["pixels"]), number(row["hectares"], 2)]


def _class_name(row: Mapping[Any, Any], names: Mapping[int, str]) -> str:
    if "code" in row:
        return names.get(int(row["code"]), str(int(row["code"])))
    return words(row["class_value"])


def _unknown(part: pd.DataFrame) -> list[Mapping[Any, Any]]:
    """Values that are no class, the most frequent singly, the others together."""
    ordered = part.assign(class_value=part["class_value"].fillna("")).sort_values(
        ["features", "class_value"], ascending=[False, True]
    )
    shown: list[Mapping[Any, Any]] = [*ordered.head(SHOWN_VALUES).drop(columns="code").to_dict("records")]
    others = ordered.iloc[SHOWN_VALUES:]
    if len(others):
        sums = others[GROUND].sum(min_count=1).to_dict()
        shown.append({"source": MAIN, "class_value": f"{len(others)} more values", **sums})
    return shown


def _without_pixels(split: pd.DataFrame, names: Mapping[int, str]) -> list[list[str]]:
    lost = split[split["pixels"] == 0]
    rows: list[list[str]] = []
    for outside, reason in ((True, "outside all training tiles"), (False, "holds no pixel of its own")):
        features = lost[lost["outside"] == outside].groupby("code").size()
        rows += [
            ["unused", reason, names.get(code, str(code)), "", count(value), "0", NOTHING]
            for code, value in zip(features.index.tolist(), features.tolist(), strict=True)
        ]
    return rows
