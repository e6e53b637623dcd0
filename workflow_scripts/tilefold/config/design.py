"""Configuration of the experiment: split, folds, selection of samples."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from tilefold.config.data import Name
from tilefold.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]


class Split(Section):
    """How polygons are given the roles learn, validation and test."""

    ratio: Share = 0.75
    """Share of each class's polygons for training (learn and validation); the rest is test."""
    validation_ratio: Share = 0.2
    """Share of the training polygons that the training looks at after each epoch."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    """One random split and one set of runs for each seed."""

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, value: list[int]) -> list[int]:
        if len(set(value)) != len(value):
            raise ValueError("each seed once")
        return value


class Folds(Section):
    """Which areas are held out, one run each, besides the run `all`. See `docs/folds.md`."""

    scheme: Literal["none", "leave_one_tile_out", "blocks", "field"] | list[Name] | list[list[Name]] = "none"
    """`none`: only the run `all`; `leave_one_tile_out`: one fold for each training tile; a list of tiles: one
    fold each; a list of lists: one fold for each group; `blocks`: `number` folds of square blocks; `field`: one
    fold for each value of a field of the reference."""
    block_size_m: Annotated[float, Field(gt=0)] | None = None
    """Side of a block in metres, for the scheme `blocks`, which needs it."""
    number: Annotated[int, Field(ge=2)] = 5
    """Number of folds of the scheme `blocks`; blocks are shared out so that each class is spread evenly."""
    field: str | None = None
    """Field of the reference that folds are made by (a country, a year, a campaign), for the scheme `field`, which
    needs it. Polygons without a value are never held out."""
    values: Annotated[list[str | int], Field(min_length=1)] | None = None
    """Values of `field` that are held out. Default: all, 100 at most."""
    boundary: Literal["footprint", "owned"] = "footprint"
    """What is barred from training where tiles are held out: their whole footprints, overlaps included, or only
    what they own."""
    straddlers: Literal["bar", "clip"] = "bar"
    """What becomes of a polygon with a pixel in the barred area: it takes no part in that fold's training, or
    (`clip`, which needs a `buffer_m`) its pixels beyond the barred area do."""
    buffer_m: Annotated[float, Field(ge=0)] = 0.0
    """Width of a further barred belt around the held-out area (with `footprint`: around the footprints), in
    metres."""
    maps: Literal["held_out", "all"] = "held_out"
    """What a fold maps: its held-out area (the tiles; nothing where blocks or values of a field are held out), or
    every tile."""


class Selection(Section):
    """Which reference pixels a run is trained on."""

    strategy: Literal["constant", "all"] = "constant"
    """`constant`: at most `count` pixels for each class; `all`: every pixel."""
    count: Annotated[int, Field(ge=1)] = 10000
    """Pixels for each class, learn and validation together, over all tiles of the run."""
    sampler: Literal["periodic"] = "periodic"
    """`periodic`: evenly spaced in the order tile, polygon, row, column."""
    min_clear_dates: Annotated[int, Field(ge=1)] = 1
    """Pixels seen clear on fewer days are not trained on."""
