"""Configuration of samples that come ready in a table, without images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tilefold.config.data import Identifier
from tilefold.config.section import Section


class SampleInput(Section):
    """Where the table holds one sensor's series."""

    columns: str = "{band}_{date}"
    """Names of the columns, with `{band}` and `{date}`. The dates found are the series' dates; nothing is filled,
    and the network puts the mean of the samples in the place of what is missing."""
    bands: list[str] | None = None
    """Bands to use, in this order. Default for a sensor of the catalogue: all its bands."""
    date_format: str = "%Y%m%d"
    """How `{date}` is read, in the form of Python's `strptime`."""
    values: Literal["stored", "physical"] = "stored"
    """`stored`: integers, of which the physical value is `value * scale + offset`; `physical`: any numbers, which are
    stored as integers in steps of `scale`."""
    scale: Annotated[float, Field(gt=0)] | None = None
    """Physical value = stored value * scale + offset. Default: the catalogue's; without it 1 for stored values and
    0.0001 for physical ones."""
    offset: float | None = None
    """See `scale`. Default: the catalogue's, else 0."""
    nodata: float | None = None
    """Number that means a missing value, besides an empty cell."""
    aliases: dict[str, str] = {}
    """As of a sensor outside the catalogue: which band is `red`, `nir`, `swir`."""


class Samples(Section):
    """A table with one row a sample, which stands in for images.

    `reference.path` names it, a Parquet, CSV or NetCDF file; the other keys of `reference` name its columns.
    """

    inputs: dict[Identifier, SampleInput] = {}
    """Series, by sensor."""
    static: dict[Identifier, Annotated[list[str], Field(min_length=1)]] = {}
    """Values without dates: columns by name of the input."""
    x: str | None = None
    """Column of the first coordinate. Without coordinates folds have no buffers and scores no distances."""
    y: str | None = None
    """Column of the second coordinate."""
    crs: str | None = None
    """Reference system of the coordinates, in metres if distances are wanted."""
    tile_field: str | None = None
    """Column of the tile, map sheet or site that a sample is from: what `folds.scheme: leave_one_tile_out` holds
    out. Default: all samples are of one tile."""
