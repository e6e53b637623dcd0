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
    """Which areas are held out, one run each, besides the run `all`."""

    scheme: Literal["none", "leave_one_tile_out"] | list[Name] | list[list[Name]] = "none"
    """`none`: only the run `all`; `leave_one_tile_out`: one fold for each training tile; a list of tiles: one
    fold each; a list of lists: one fold for each group."""
    boundary: Literal["footprint"] = "footprint"
    """What is barred from training in a fold: the whole footprint of its tiles, overlaps included."""
    straddlers: Literal["bar"] = "bar"
    """A polygon with any pixel in the barred area takes no part in that fold's training."""
    buffer_m: Annotated[float, Field(ge=0)] = 0.0
    """Width of a further barred belt around the footprint, in metres."""
    maps: Literal["held_out", "all"] = "held_out"
    """What a fold maps: its held-out area, or every tile."""


Count = Annotated[int, Field(ge=0)]
ClassCode = Annotated[int, Field(ge=0, le=65535)]


class Selection(Section):
    """Which reference pixels a run is trained on, see `docs/sampling.md`."""

    strategy: Literal["all", "smallest", "constant", "percent", "total", "byclass"] = "constant"
    """How many pixels of each class are wanted, learn and validation together, over all tiles of the run; a class
    that has fewer gives all. `constant`: `count`; `smallest`: as many as the smallest class has; `percent`: the
    part `share` of each class; `total`: `total` of all classes together, by the pixels that each has; `byclass`:
    the numbers in `by_class`; `all`: every pixel."""
    count: Annotated[int, Field(ge=1)] | None = None
    """Pixels of each class, for the strategy `constant`. Default: 10000."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Part of each class's pixels, for the strategy `percent`: 0.1 takes every tenth."""
    total: Annotated[int, Field(ge=1)] | None = None
    """Pixels of all classes together, for the strategy `total`."""
    by_class: dict[ClassCode, Count] | str | None = None
    """Pixels of each class, for the strategy `byclass`: class code and number, or a CSV file without a heading that
    has both in each line, as OTB reads. Nothing is taken of classes that are not named."""
    prevalence: Literal["sampled", "reference"] = "sampled"
    """`sampled`: the numbers are those of the strategy. `reference`, for `constant` and `smallest`: as many pixels
    in all as these would take, but each class has the share that it has among the pixels that could be taken."""
    min: Count | dict[ClassCode, Count] | None = None
    """Pixels wanted at least of each class, or of single classes by code, whatever the strategy finds."""
    max: Count | dict[ClassCode, Count] | None = None
    """Pixels wanted at most of each class, or of single classes by code."""
    quota: Literal["none", "proportional", "equal"] = "none"
    """How the wanted pixels of a class are shared among tiles. `none`: the sampler goes through all tiles as one
    list; `proportional`: each tile gives a number in proportion to the pixels that it has; `equal`: each tile gives
    the same number, and what a tile lacks is shared equally by the others."""
    sampler: Literal["periodic", "random"] = "periodic"
    """`periodic`: evenly spaced in the order tile, polygon, row, column; `random`: each set of pixels is equally
    likely."""
    offset: Annotated[int, Field(ge=0)] | None = None
    """For the sampler `periodic`: pixels by which all picks are shifted. Default: 0."""
    jitter: Annotated[int, Field(ge=0)] | None = None
    """For the sampler `periodic`: pixels by which each pick is moved on at most, at random, and never as far as the
    next pick. Default: 0."""
    min_clear_dates: Annotated[int, Field(ge=1)] = 1
    """Pixels seen clear on fewer days are not trained on."""
