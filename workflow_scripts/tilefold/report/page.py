"""The report: one page that works offline, every number of it in a table beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tilefold.report.figures import (
    curves_figure,
    embedded,
    fold_figure,
    map_figure,
    matrix_figure,
    save_figure,
)
from tilefold.report.tables import html_table
from tilefold.report.warnings import collect_warnings
from tilefold.storage.metadata import provenance
from tilefold.storage.tables import read_table
from tilefold.storage.whole import write_text
from tilefold.validation.matrices import read_otb_matrix

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"

ACCURACY = [
    "fold", "seed", "side", "oa", "kappa", "mean_f1", "mean_f1_common", "oa_polygon", "n_pixels", "n_polygons",
    "n_nodata", "classes_not_learnt", "classes_not_tested",
]  # fmt: skip


def write_report(
    sources: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    page: Path | str,
    fold_picture: Path | str,
    map_picture: Path | str,
) -> None:
    """Write the page and its two main figures.

    Parameters
    ----------
    sources
        Files, by what they are: `folds`, `classes`, `gaps`, `folds_mean`, `cleaning`; by seed `split`; by run
        `rates`, `barred`, `roles`, `choices`, `matrices` (folders), `maps`; `histories` by run and candidate;
        `clear` by tile and sensor.
    settings
        `title`, `classes` (code, label, colour), `nodata`, `config`, `calendars`, `products` (how many, by tile and
        sensor), `runs`.
    page
        HTML to write.
    fold_picture, map_picture
        PNG files to write.
    """
    codes = [item["code"] for item in settings["classes"]]
    folds, gaps = read_table(sources["folds"]), read_table(sources["gaps"])
    run_of_map = settings["runs"][0]
    folds_drawn, map_drawn = (
        fold_figure(folds, gaps),
        map_figure(sources["maps"][run_of_map], settings["classes"]),
    )
    save_figure(folds_drawn, fold_picture)
    save_figure(map_drawn, map_picture)
    content = {
        "title": settings["title"],
        "warnings": collect_warnings(sources, settings),
        "has_folds": not gaps.empty,
        "fold_figure": embedded(folds_drawn) if not gaps.empty else "",
        "folds": html_table(folds[ACCURACY]),
        "gaps": html_table(gaps),
        "folds_mean": html_table(read_table(sources["folds_mean"])),
        "classes": _class_table(sources["classes"]),
        "map_figure": embedded(map_drawn),
        "map_run": run_of_map,
        "runs": [_run_section(run, sources, codes) for run in settings["runs"]],
        "cleaning": html_table(_labelled(read_table(sources["cleaning"]), settings["classes"])),
        "series": html_table(_series_table(settings)),
        "legend": settings["classes"],
        "config": yaml.safe_dump(settings["config"], sort_keys=False, allow_unicode=True),
        "provenance": provenance(settings),
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    write_text(page, environment.get_template("page.html").render(content))
    logger.info("report of %d runs", len(settings["runs"]))


def _run_section(run: str, sources: Mapping[str, Any], codes: Sequence[int]) -> dict[str, Any]:
    histories = {name: read_table(path) for name, path in sources["histories"][run].items()}
    matrices = [
        {"side": file.stem, "figure": embedded(matrix_figure(read_otb_matrix(file, codes), codes))}
        for file in sorted(Path(sources["matrices"][run]).glob("*.csv"))
    ]
    return {
        "name": run,
        "curves": embedded(curves_figure(histories)),
        "choice": html_table(read_table(sources["choices"][run])),
        "rates": html_table(read_table(sources["rates"][run])),
        "barred": html_table(read_table(sources["barred"][run])),
        "matrices": matrices,
    }


def _class_table(path: Path | str) -> str:
    """F1 of each class: a row a class, a column a run and side."""
    table = read_table(path)
    table["column"] = table["fold"] + " " + table["side"]
    wide = table.pivot_table(
        index=["class", "label"], columns="column", values="f1", aggfunc="mean", dropna=False
    )
    return html_table(wide.reset_index())


def _labelled(table: pd.DataFrame, classes: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    labels = {item["code"]: item["label"] for item in classes}
    table.insert(1, "label", table["code"].map(labels).fillna(""))
    return table


def _series_table(settings: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "tile": tile,
                "sensor": sensor,
                "acquisitions": count,
                "calendar": f"{len(dates)} dates, {dates[0]} to {dates[-1]}",
            }
            for tile, sensors in settings["products"].items()
            for sensor, count in sensors.items()
            for dates in [settings["calendars"][sensor]]
        ]
    )
