"""Tables of accuracies and areas, from a reference sample and from reference polygons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tilefold.report.cautions import Caution
from tilefold.report.table import NOTHING, Link, Table, count, number, percent, words
from tilefold.validation.intervals import OPTIMISTIC

METRICS = {"area_ha": "estimated area (ha)", "users_accuracy": "user's accuracy"}
METRICS |= {"producers_accuracy": "producer's accuracy"}
ASSUMPTION = "assumes that polygons represent their map class"


def area_table(areas: pd.DataFrame, link: Link) -> Table:
    """Mapped and estimated area and accuracies of each class, and overall accuracy, with 95 % intervals."""
    rows = [["all classes", NOTHING, NOTHING, *_overall(areas)]]
    cells = areas[areas["class"].notna()].set_index(["metric", "class"])
    for code in sorted(areas["class"].dropna().unique()):
        first = cells.loc[("mapped_ha", code)]
        estimates = [_cell(cells.loc[(metric, code)], metric) for metric in METRICS]
        points = count(cells.loc[("area_ha", code), "n_points"])
        note = words(cells.loc[("area_ha", code), "note"])
        rows.append(
            [f"{int(code)} {first['label']}", number(first["value"], 1), *estimates, NOTHING, points, note]
        )
    columns = [
        "class",
        "mapped area (ha)",
        *METRICS.values(),
        "overall accuracy",
        "points",
        "note of the area",
    ]
    caption = (
        f"Design-based accuracies and areas of the map (run all, seed {areas['seed'].iloc[0]}), from the points of "
        "the reference sample, with 95 % intervals. This is the accuracy of the map; the mapped area is a count of "
        "pixels and is biased by the map's errors."
    )
    return Table(caption, columns, rows, [link], (0, 7))


def _overall(areas: pd.DataFrame) -> list[str]:
    row = areas[areas["metric"] == "oa"].iloc[0]
    return [NOTHING, NOTHING, _cell(row, "oa"), count(row["n_points"]), words(row["note"])]


def _cell(row: Any, metric: str) -> str:
    digits = 1 if metric == "area_ha" else 3
    if pd.isna(row["low"]):
        return number(row["value"], digits)
    return f"{number(row['value'], digits)} ± {number(row['high'] - row['value'], digits)}"


def polygon_area_table(areas: pd.DataFrame, link: Link) -> Table:
    """The same from test polygons, with intervals from resampling them."""
    cells = areas[areas["class"].notna()].set_index(["metric", "class"])
    whole = areas[areas["class"].isna()].set_index("metric")
    unit, oa, estimated = areas["unit"].iloc[0], whole.loc["oa"], whole.loc["estimated_ha"]
    mapped = areas.loc[areas["metric"] == "mapped_ha", "value"].sum()
    first = ["all classes", number(mapped, 1), number(estimated["value"], 1), NOTHING, NOTHING]
    rows = [[*first, _limits(oa, "oa"), count(oa["n_polygons"]), words(oa["note"])]]
    for code in sorted(areas["class"].dropna().unique()):
        in_map, area = cells.loc[("mapped_ha", code)], cells.loc[("area_ha", code)]
        estimates = [_limits(cells.loc[(metric, code)], metric) for metric in METRICS]
        notes = [str(row["note"]) for row in (area, in_map) if not pd.isna(row["note"]) and row["note"]]
        name = f"{int(code)} {in_map['label']}"
        rows.append(
            [
                name,
                number(in_map["value"], 1),
                *estimates,
                NOTHING,
                count(area["n_polygons"]),
                words("; ".join(notes)),
            ]
        )
    columns = ["class", "mapped area (ha)", *METRICS.values(), "overall accuracy", f"{unit}s of the class"]
    caption = (
        f"Areas and accuracies from the test polygons in the map (run all, seed {areas['seed'].iloc[0]}); "
        f"{ASSUMPTION}. 95 % intervals come from resampling {unit}s within classes; a star marks one that rests on "
        "few and is too narrow. The estimated area of all classes is that of the map classes that some test pixel is "
        "mapped as; shares and accuracies are of it alone."
    )
    return Table(caption, [*columns, "note of the area"], rows, [link], (0, 7))


def area_cautions(areas: Mapping[int, pd.DataFrame]) -> list[Caution]:
    """Classes whose area the polygons say nothing of, by seed."""
    left_out, unknown = [], []
    for seed, table in areas.items():
        place = f"seed {seed}: " if len(areas) > 1 else ""
        mapped = table[(table["metric"] == "mapped_ha") & table["note"].fillna("").ne("")]
        total = table.loc[table["metric"] == "mapped_ha", "value"].sum()
        if len(mapped):
            items = [_named(row, f"{number(row['value'], 1)} ha") for row in mapped.to_dict("records")]
            share = percent(mapped["value"].sum() / total)
            left_out.append(f"{place}{', '.join(items)}: {share} of the map.")
        without = table[(table["metric"] == "area_ha") & table["value"].isna()]
        if len(without):
            unknown.append(f"{place}{', '.join(_named(row) for row in without.to_dict('records'))}.")
    found = [
        Caution("Map classes in no estimate of areas: no test pixel is mapped as them", left_out),
        Caution(
            "Classes without an estimated area: no test polygon, what there is counts to others", unknown
        ),
    ]
    return [caution for caution in found if caution.cases]


def _named(row: Mapping[Any, Any], more: str = "") -> str:
    return f"{int(row['class'])} {row['label']}" + (f" ({more})" if more else "")


def _limits(row: Any, metric: str) -> str:
    digits = 1 if metric == "area_ha" else 3
    if pd.isna(row["low"]):
        return number(row["value"], digits)
    star = "*" if str(row["note"]).startswith(OPTIMISTIC) else ""
    limits = f"({number(row['low'], digits)} to {number(row['high'], digits)})"
    return f"{number(row['value'], digits)} {limits}{star}"
