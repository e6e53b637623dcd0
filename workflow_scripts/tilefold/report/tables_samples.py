"""Tables of samples: roles, what folds bar, what runs are trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from tilefold.folds.barring import TRAINING_ROLES
from tilefold.folds.roles import DRAWN, FUSION_TEST, NO_ROLE
from tilefold.report.cautions_regions import own_regions
from tilefold.report.table import Link, Table, count, number, percent, starts
from tilefold.storage.tables import read_table


def split_table(split: pd.DataFrame, names: Mapping[int, str], seed: int, link: Link) -> Table:
    """Originals by role, and pixels, of each class; those kept apart for fused maps where there are any."""
    groups = split.groupby(["code", "role"])["group"].nunique()
    pixels = split.groupby(["code", "role"])["pixels"].sum()
    kept_apart = [FUSION_TEST] * bool((split["role"] == FUSION_TEST).any())
    roles = [*DRAWN, *kept_apart]
    rows = [
        [
            name,
            *(count(groups.get((code, role), 0)) for role in [*roles, NO_ROLE]),
            *(count(pixels.get((code, role), 0)) for role in roles),
        ]
        for code, name in names.items()
    ]
    words_of_roles = [role.replace("_", " ") for role in roles]
    columns = ["class", *(f"{role} polygons" for role in words_of_roles), "polygons without a pixel"]
    columns += [f"{role} pixels" for role in words_of_roles]
    caption = (
        f"Roles of the split of seed {seed}, over all tiles; the parts of one original count as one polygon."
    )
    return Table(caption, columns, rows, [link])


def rates_table(rates: pd.DataFrame, names: Mapping[int, str], run: str, link: Link) -> Table:
    """Samples of one run by class."""
    rows = [
        [
            str(row["region"]),
            names.get(int(row["code"]), str(row["code"])),
            count(row["polygons"]),
            count(row["available"]),
            count(row["required"]),
            count(row["taken"]),
            number(row["rate"], 4),
            count(row["learn"]),
            count(row["validation"]),
        ]
        for row in rates.to_dict("records")
    ]
    columns = ["region", "class", "training polygons", "available pixels", "required", "taken", "rate"]
    columns += ["learn", "validation"]
    return Table(f"Samples of the run {run}.", columns, rows, [link], (0, 1), starts(list(rates["region"])))


def taken_table(rates: Mapping[str, pd.DataFrame], names: Mapping[int, str], links: list[Link]) -> Table:
    """Samples taken by each run, learn and validation together, by class."""
    rows = []
    for run, table in rates.items():
        taken = own_regions(table).groupby("code")["taken"].sum()
        rows.append([run, *(count(taken.get(code, 0)) for code in names), count(taken.sum())])
    caption = "Samples of every run by class (by code), learn and validation together."
    return Table(caption, ["run", *map(str, names), "all"], rows, links)


#: What a table of tiles says of each tile, with the columns of the table of samples that are added up.
OF_A_TILE = {
    "training polygons": ("learn_polygons", "validation_polygons"),
    "available pixels": ("learn_available", "validation_available"),
    "wanted": ("wanted",),
    "taken": ("learn_taken", "validation_taken"),
    "test polygons": ("test_polygons",),
    "test pixels": ("test_pixels",),
}
#: Tiles in a table; the file has all.
MOST_TILES = 16


def tile_table(samples: pd.DataFrame, names: Mapping[int, str], run: str, link: Link) -> Table:
    """What each tile gives of each class to a run.

    Parameters
    ----------
    samples
        Table of samples, see `tilefold.sampling.statistics.samples_table`.
    names
        Code and label of each class, by code.
    run
        Name of the run.
    link
        File of the table.
    """
    tiles = sorted(samples["tile"].unique())
    rows, keys = [], []
    for tile in tiles[:MOST_TILES]:
        sums = samples[samples["tile"] == tile].groupby("code").sum(numeric_only=True)
        for what, columns in OF_A_TILE.items():
            if what == "wanted" and samples["wanted"].isna().all():
                continue
            numbers = sums[list(columns)].sum(axis=1).reindex(list(names), fill_value=0)
            rows.append([str(tile), what, *map(count, numbers), count(numbers.sum())])
            keys.append(tile)
    left_out = f" The first {MOST_TILES} of {len(tiles)} tiles." if len(tiles) > MOST_TILES else ""
    caption = (
        f"Samples of the run {run} by tile and class (by code), learn and validation together; test pixels are "
        f"never thinned.{left_out}"
    )
    return Table(caption, ["tile", "", *map(str, names), "all"], rows, [link], (0, 1), starts(keys))


def training_pixels(split: pd.DataFrame) -> pd.Series:
    """Pixels of learn and validation polygons in a split, by class: what folds can take from training."""
    chosen = split[split["role"].isin(TRAINING_ROLES)]
    return chosen.groupby("code")["pixels"].sum()


def loss_table(
    barred: Mapping[str, pd.DataFrame],
    roles: Mapping[str, Path | str],
    splits: Mapping[str, pd.DataFrame],
    links: list[Link],
) -> Table:
    """What each fold takes from training: the held-out area itself, and what else its polygons cover."""
    rows = []
    for run, table in barred.items():
        training = training_pixels(splits[run]).sum()
        cells = [run]
        for reason in ("held_out", "barred"):
            part = table[table["reason"] == reason]
            share = part["pixels"].sum() / training if training else float("nan")
            cells += [
                count(part["polygons"].sum()),
                count(part["pixels"].sum()),
                number(part["hectares"].sum(min_count=1) if len(part) else 0.0, 2),
                percent(share),
            ]
        repaired = read_table(roles[run], ["group", "repaired"])
        cells.append(count(repaired.loc[repaired["repaired"], "group"].nunique()))
        rows.append(cells)
    columns = ["run"]
    for reason in ("held out", "barred"):
        columns += [f"{reason}: polygons", "pixels", "hectares", "share of training pixels"]
    columns.append("polygons repaired")
    caption = (
        "What each fold takes from training. Held out: pixels of the held-out area. Barred: pixels elsewhere of "
        "polygons that meet what is barred around it, all of them or, where polygons are clipped, those within. "
        "Repaired: polygons whose role the fold changed so that a class keeps polygons to learn and to test."
    )
    return Table(caption, columns, rows, links)


def loss_by_class_table(
    barred: Mapping[str, pd.DataFrame], names: Mapping[int, str], links: list[Link]
) -> Table:
    """Ground that each fold takes from training, by class and reason; samples of a table have none but pixels."""
    rows, keys = [], []
    unit = "hectares" if any(table["hectares"].notna().any() for table in barred.values()) else "pixels"
    shown: Callable[[float], str] = count if unit == "pixels" else partial(number, digits=2)
    for run, table in barred.items():
        for reason in ("held_out", "barred"):
            area = table[table["reason"] == reason].groupby("code")[unit].sum(min_count=1)
            cells = [shown(area.get(code, 0.0)) for code in names]
            rows.append([run, reason.replace("_", " "), *cells, shown(area.sum())])
            keys.append(run)
    caption = f"{unit.capitalize()} that each fold takes from training, by class (by code)."
    return Table(caption, ["run", "reason", *map(str, names), "all"], rows, links, (0, 1), starts(keys))
