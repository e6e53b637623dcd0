"""The parts of docs/simulation.md that are made: the dials, what is measured on a scene, the real patch beside it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.report.marks import replace_marked_part
from tilefold.simulation.classes import CLASSES
from tilefold.simulation.dials import Dials
from tilefold.simulation.facts import polygon_correlations
from tilefold.simulation.paths import scene_paths
from tilefold.simulation.statistics import compare_with_patch
from tilefold.storage.whole import read_json

#: Names of the page's marked parts (see `report.marks`).
DIALS, SCENE, PATCH = "dials", "scene", "patch"
#: Months apart of which correlations are shown.
LAGS = range(1, 7)


def write_simulation_page(
    page: Path | str, scene: Path | str | None = None, patch: Path | str | None = None
) -> None:
    """Write the made parts of the page.

    Parameters
    ----------
    page
        Markdown page with the marks of all parts.
    scene
        Folder of the scene that is described; without it only the table of the dials is written.
    patch
        NetCDF file of the real patch; without it the comparison stays as it is.
    """
    replace_marked_part(page, DIALS, dials_table())
    if scene is not None:
        replace_marked_part(page, SCENE, scene_tables(scene))
        if patch is not None:
            replace_marked_part(page, PATCH, comparison_tables(patch, scene))


def dials_table() -> str:
    """Markdown table of all dials: name, default, meaning."""
    section = (inspect.getdoc(Dials) or "").split("----------\n", 1)[1]
    # A name, or several with a common text, on a line of its own; the text is indented below it.
    texts = dict(re.findall(r"^(\w[\w, ]*)\n((?:(?: {4}.*)?\n?)+)", section, flags=re.MULTILINE))
    known = {name: " ".join(text.split()) for names, text in texts.items() for name in names.split(", ")}
    rows = [
        (f"`{f.name}`", f"`{_plain(f.default)}`", known[f.name].replace("``", "`")) for f in fields(Dials)
    ]
    return _table(["dial", "default", "meaning"], rows)


def scene_tables(scene: Path | str) -> str:
    """Markdown tables of what is known of and measured on a scene."""
    said = read_json(scene_paths(scene).truth_json)
    return "\n".join([_accuracies(said), _tiles(said), _classes(said), _single_figures(said, scene)])


def comparison_tables(patch: Path | str, scene: Path | str) -> str:
    """Markdown tables of a scene beside the real patch, band by band."""
    table = compare_with_patch(patch, scene).set_index(["statistic", "band"])
    bands = table.loc["mean"].index
    both = ("patch", "scene")
    levels = [
        (band, *(f"{table.loc[(what, band), side]:.0f}" for what in ("mean", "deviation") for side in both))
        for band in bands
    ]
    pairs = [(band, *(_both(table.loc[(f"correlation_{lag}", band)]) for lag in LAGS)) for band in bands]
    ahead = ["band", "mean, patch", "mean, scene", "deviation, patch", "deviation, scene"]
    apart = ["months apart (patch / scene)", *(str(lag) for lag in LAGS)]
    return _table(ahead, levels) + "\n" + _table(apart, pairs)


def _both(row: pd.Series) -> str:
    """Correlation of patch and scene; a dash where there is none."""
    return " / ".join("-" if pd.isna(row[side]) else f"{row[side]:.2f}" for side in ("patch", "scene"))


def _accuracies(said: dict[str, Any]) -> str:
    names = {"truth": "all", "pure": "amidst one parcel", "reference": "of reference polygons"}
    rows = [
        (
            names[group],
            f"{best['oa']:.3f}",
            f"{best['standard_error']:.3f}",
            f"{best['pixels']:,}",
            "yes" if said["best_possible_is_a_bound"][group] else "no",
        )
        for group, best in said["best_possible"].items()
    ]
    return _table(["pixels", "accuracy of the best rule", "standard error", "number", "upper bound"], rows)


def _tiles(said: dict[str, Any]) -> str:
    rows = [
        (
            tile,
            str(facts["products"]),
            *(f"{100 * facts[name]:.1f} %" for name in ("cloud_fraction", "mask_miss", "mask_overcall")),
            f"{facts['delay_days']:+.1f}",
            f"{facts['vigour']:.2f}",
        )
        for tile, facts in said["tiles"].items()
    ]
    ahead = ["tile", "products", "under cloud or shadow", "of it missed by masks", "clear but masked"]
    return _table([*ahead, "season late by (days)", "vigour of summer"], rows)


def _classes(said: dict[str, Any]) -> str:
    rows = [
        (
            str(look.code),
            look.label,
            f"{100 * said['prevalence'][str(look.code)]:.1f} %",
            str(said["polygons"][str(look.code)]),
        )
        for look in CLASSES
    ]
    return _table(["code", "class", "share of pixels", "polygons with this code"], rows)


def _single_figures(said: dict[str, Any], scene: Path | str) -> str:
    correlation = np.quantile(polygon_correlations(scene), [0.1, 0.5, 0.9])
    polygons = sum(said["polygons"].values())
    rows = [
        (
            "intra-polygon correlation of NDVI within classes: median over acquisitions (10 % and 90 %)",
            "{1:.2f} ({0:.2f}, {2:.2f})".format(*correlation),
        ),
        (
            "polygons with another class's code",
            f"{said['mislabelled_polygons']} of {polygons} ({100 * said['mislabelled_polygons'] / polygons:.1f} %)",
        ),
        *((f"fault of the file: {kind.replace('_', ' ')}", str(n)) for kind, n in said["faults"].items()),
    ]
    return _table(["figure", "value"], rows)


def _plain(value: Any) -> str:
    return (", ".join(value) or "none") if isinstance(value, tuple) else str(value)


def _table(ahead: list[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [ahead, ["---"] * len(ahead), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
