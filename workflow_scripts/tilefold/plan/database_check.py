"""Cleaning of reference data by itself, without images or a configuration."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyogrio
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from tilefold.ground_truth.classes import INTEGER_TEXT, plain_name
from tilefold.ground_truth.cleaning import clean_ground_truth
from tilefold.ground_truth.features import class_values
from tilefold.ground_truth.overlaps import KEEP
from tilefold.ground_truth.reading import GroundTruthError, check_reference, holds_text, layer_of
from tilefold.plan.nomenclature import class_names, read_nomenclature

NUMBERS = ("features", "pixels", "hectares")


@dataclass(frozen=True)
class Database:
    """Reference data to check; the names are those of the section `reference` of the configuration.

    Attributes
    ----------
    path, class_field
        Vector file and its field of the class.
    nomenclature, colours
        Files of the classes; None: every value of the class field is a class, and numbers follow for text.
    output_crs
        CRS of what is written; None: that of the file.
    pixel_size
        Side of a pixel in metres.
    """

    path: str
    class_field: str
    nomenclature: str | None = None
    colours: str | None = None
    layer: str | None = None
    crs: str | None = None
    id_field: str | None = None
    group_field: str | None = None
    test_path: str | None = None
    test_layer: str | None = None
    overlaps: str = KEEP
    min_area: float = 0.0
    min_width: float = 0.0
    output_crs: str | None = None
    pixel_size: float = 10.0


def check_database(database: Database, out: Path | None = None) -> tuple[pd.DataFrame, dict[int, str]]:
    """Clean reference data by the function that the workflow uses.

    Parameters
    ----------
    database
        What to clean and how.
    out
        Folder for `reference.gpkg`, `rejected.gpkg` and `cleaning.csv`; None: nothing stays.

    Returns
    -------
    table, labels
        The table of the cleaning, and the label of each code.

    Raises
    ------
    ValueError
        With all faults of the headers and of the nomenclature, or if nothing can be used.
    """
    fields = {"id": database.id_field, "group": database.group_field}
    files = [(database.path, database.layer)]
    if database.test_path is not None:
        files.append((database.test_path, database.test_layer))
    faults = [
        fault
        for path, layer in files
        for fault in check_reference(path, layer, database.class_field, fields, database.crs)
    ]
    if faults:
        raise GroundTruthError("\n".join(faults))
    labels, names = _classes(database, files)
    settings = {
        "layer": database.layer,
        "test_layer": database.test_layer,
        "class_field": database.class_field,
        "fields": fields,
        "names": names,
        "overlaps": database.overlaps,
        "min_area": database.min_area,
        "min_width": database.min_width,
        "pixel": [database.pixel_size, database.pixel_size],
        "codes": sorted(labels),
        "source_crs": database.crs,
        "crs": database.output_crs or _crs_of(*files[0]) or database.crs,
    }
    with tempfile.TemporaryDirectory() as folder:
        target = out or Path(folder)
        table = clean_ground_truth(
            database.path,
            settings,
            reference=target / "reference.gpkg",
            rejected=target / "rejected.gpkg",
            table=target / "cleaning.csv",
            test=database.test_path,
        )
    return table, labels


def _classes(
    database: Database, files: Iterable[tuple[str, str | None]]
) -> tuple[dict[int, str], dict[str, int]]:
    """Label of each code, and codes by the plain names that stand for them."""
    field = database.class_field
    if database.nomenclature is None:
        return found_classes([value for path, layer in files for value in class_values(path, layer, field)])
    classes, faults = read_nomenclature(database.nomenclature, database.colours)
    if faults:
        raise ValueError("\n".join(faults))
    text = any(holds_text(path, layer, field) for path, layer in files)
    return {item.code: item.label for item in classes}, class_names(classes, labels=text)


def found_classes(values: Iterable[str]) -> tuple[dict[int, str], dict[str, int]]:
    """Classes that values are: an integer is its own code, names get the numbers after these, in their order."""
    distinct = sorted(set(values))
    codes = {int(float(value)) for value in distinct if re.fullmatch(INTEGER_TEXT, value)}
    texts: dict[str, str] = {}
    for value in distinct:
        if not re.fullmatch(INTEGER_TEXT, value):
            texts.setdefault(plain_name(value), value)
    start = max(codes, default=0) + 1
    names = {name: start + place for place, name in enumerate(sorted(texts))}
    return {**{code: str(code) for code in sorted(codes)}, **{names[n]: texts[n] for n in names}}, names


def printable(table: pd.DataFrame, labels: Mapping[int, str]) -> Table:
    """The table of a cleaning for a terminal."""
    shown = Table("file", "class", "step", "reason", box=SIMPLE)
    for column in NUMBERS:
        shown.add_column(column, justify="right")
    previous: tuple[str, ...] = ("", "")
    for row in table.to_dict("records"):
        code = row["code"]
        name = row["class_value"] if pd.isna(code) else f"{code} {labels.get(code, '')}"
        key = (row["source"], name)
        words = [*(("", "") if key == previous else key), row["step"], row["reason"]]
        numbers = [f"{row['features']:,}", f"{row['pixels']:,.1f}", f"{row['hectares']:,.4f}"]
        shown.add_row(*(escape(str(word)) for word in words), *numbers)
        previous = key
    return shown


def _crs_of(path: str, layer: str | None) -> str | None:
    crs: str | None = pyogrio.read_info(path, layer=layer_of(path, layer))["crs"]
    return crs
