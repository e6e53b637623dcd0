"""What the controller finds in a table of samples: its columns, dates and tiles."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tilefold.config.model import Config
from tilefold.config.samples import SampleInput
from tilefold.ground_truth.features import as_text
from tilefold.plan.grouping import listed
from tilefold.plan.reference import reference_fields
from tilefold.plan.sensors import definition
from tilefold.sampling.importing import ONE_TILE
from tilefold.sampling.table_source import TableError, table_columns, table_parts


@dataclass(frozen=True)
class SampleTable:
    """What a table of samples holds.

    Attributes
    ----------
    tiles
        Value in the column of tiles, by the name that files have; "" for the only tile without such a column.
    calendars
        Dates (ISO) of each series.
    columns
        Columns of each input, see `tilefold.sampling.imported_values.ValueColumns`.
    faults
        What is wrong with it.
    """

    tiles: dict[str, str]
    calendars: dict[str, list[str]]
    columns: dict[str, dict[str, Any]]
    faults: list[str]


def look_at_table(config: Config) -> SampleTable:
    """Read the names of a table's columns, and its column of tiles."""
    path, samples = config.reference.path, config.samples
    if samples is None:
        raise ValueError("the configuration has no table of samples")
    try:
        columns = table_columns(path)
    except (TableError, FileNotFoundError) as error:
        return SampleTable({}, {}, {}, [f"reference.path: {error}"])
    faults = _missing_columns(config, columns)
    calendars, found = {}, {}
    for name, chosen in samples.inputs.items():
        dates, described, wrong = _series_columns(config, name, chosen, columns)
        calendars[name], found[name] = dates, described
        faults += wrong
    for name, chosen_columns in samples.static.items():
        found[name] = {
            "names": chosen_columns,
            "nodata": None,
            "physical": False,
            "scale": 1.0,
            "offset": 0.0,
        }
    tiles: dict[str, str] = {ONE_TILE: ""}
    if samples.tile_field in columns:
        tiles, wrong = _tiles(path, samples.tile_field)
        faults += wrong
    return SampleTable(tiles, calendars, found, faults)


def _missing_columns(config: Config, columns: Sequence[str]) -> list[str]:
    """Columns that the config names and the table lacks."""
    reference, samples = config.reference, config.samples
    named = {f"reference.{purpose}_field": field for purpose, field in reference_fields(config).items()}
    named = {"reference.class_field": reference.class_field, **named}
    if samples is not None:
        named |= {f"samples.{key}": getattr(samples, key) for key in ("x", "y", "tile_field")}
        named |= {
            f"samples.static.{name}.{place}": column
            for name, chosen in samples.static.items()
            for place, column in enumerate(chosen)
        }
    faults = []
    for key, column in named.items():
        if column is not None and column not in columns:
            close = difflib.get_close_matches(column, columns, n=1)
            hint = f"did you mean {close[0]}?" if close else f"columns are {listed(list(columns))}"
            faults.append(f"{key}: no column {column!r} in {reference.path}; {hint}")
    return faults


def _series_columns(
    config: Config, name: str, chosen: SampleInput, columns: Sequence[str]
) -> tuple[list[str], dict[str, Any], list[str]]:
    """Dates of a series, its columns, faults."""
    described, key = definition(config, name), f"samples.inputs.{name}"
    bands = described["bands"]
    faults = _form_faults(key, chosen, bands)
    if faults:
        return [], {}, faults
    found = _by_date_and_band(config, chosen, bands, columns)
    if not found:
        example = chosen.columns.replace("{band}", bands[0]).replace("{date}", "20180115")
        return (
            [],
            {},
            [
                f"{key}.columns: no column of {config.reference.path} has the form {chosen.columns!r} with dates "
                f"{chosen.date_format} (for example {example}); columns are {listed(list(columns))}"
            ],
        )
    faults += [
        f"{key}: the columns {' and '.join(names)} are of one band and date; rename or drop one"
        for of_date in found.values()
        for names in of_date.values()
        if len(names) > 1
    ]
    absent = [band for band in bands if not any(band in of_date for of_date in found.values())]
    faults += [f"{key}.bands: no column of band {band}; remove it from bands" for band in absent]
    dates = sorted(found)
    layout = {
        "names": [[found[date].get(band, [None])[0] for band in bands] for date in dates],
        "nodata": chosen.nodata,
        "physical": chosen.values == "physical",
        "scale": described["scale"],
        "offset": described["offset"],
    }
    return dates, layout, faults


def _form_faults(key: str, chosen: SampleInput, bands: Sequence[str]) -> list[str]:
    if not bands:
        return [f"{key}.bands: needed for a sensor outside the catalogue"]
    wanted = ["{date}"] if len(bands) == 1 else ["{band}", "{date}"]
    lacking = [part for part in wanted if part not in chosen.columns]
    return (
        [f"{key}.columns: found {chosen.columns!r}, which lacks {' and '.join(lacking)}"] if lacking else []
    )


def _by_date_and_band(
    config: Config, chosen: SampleInput, bands: Sequence[str], columns: Sequence[str]
) -> dict[str, dict[str, list[str]]]:
    """Columns of each ISO date within the calendar, and of each band."""
    limits = config.calendar
    found: dict[str, dict[str, list[str]]] = {}
    for band in bands:
        pattern = _pattern(chosen.columns, band)
        for column in columns:
            match = pattern.fullmatch(column)
            date = _date(match["date"], chosen.date_format) if match else None
            if date is not None and (limits.start or date) <= date <= (limits.end or date):
                found.setdefault(date.isoformat(), {}).setdefault(band, []).append(column)
    return found


def _pattern(columns: str, band: str) -> re.Pattern[str]:
    """Names of the columns of a band."""
    name = re.escape(columns).replace(re.escape("{band}"), re.escape(band))
    name = name.replace(re.escape("{date}"), "(?P<date>.+)", 1).replace(re.escape("{date}"), "(?P=date)")
    return re.compile(name)


def _date(text: str, form: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None


def _tiles(path: str, column: str) -> tuple[dict[str, str], list[str]]:
    """Values of the column of tiles by names for files, faults."""
    tiles: dict[str, str] = {}
    faults = []
    for value in values_of_column(path, column):
        name = re.sub(r"[^A-Za-z0-9]", "", value)
        if not name or name in tiles:
            faults.append(
                f"samples.tile_field: {value!r} gives the name {name!r}, which is "
                f"{'empty' if not name else 'that of ' + repr(tiles[name])}; name tiles with letters and digits"
            )
        else:
            tiles[name] = value
    if not tiles:
        faults.append(f"samples.tile_field: the column {column} of {path} is empty")
    return tiles, faults


def values_of_column(path: str, column: str) -> list[str]:
    """Values of a column as text, each once, sorted, without empty ones."""
    values: set[str] = set()
    for part in table_parts(path, [column], text=[column]):
        values |= set(as_text(part[column]).unique())
    return sorted(values - {""})
