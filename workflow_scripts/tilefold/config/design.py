"""Configuration of the experiment: split, folds, selection of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from tilefold.config.data import Name
from tilefold.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]
CodeOrDefault = Annotated[str, BeforeValidator(str), Field(pattern=r"^(default|[0-9]+)$")]


def _form(value: Any) -> str:
    return "dict" if isinstance(value, Mapping) else "float"


ClassShare = Annotated[
    Annotated[Share, Tag("float")] | Annotated[dict[CodeOrDefault, Share], Tag("dict")], Discriminator(_form)
]
FieldValue = Annotated[str, BeforeValidator(str)]


class Split(Section):
    """How polygons are given the roles learn, validation and test."""

    ratio: ClassShare = 0.75
    """Share of each class's polygons for training (learn and validation); the rest is test. A number, or numbers by
    class code with a `default` for the others: `{default: 0.75, 11: 0.5}`. Polygons on which
    `reference.split_field` or a file of test polygons imposes a role do not count."""
    validation_ratio: ClassShare = 0.2
    """Share of the training polygons that the training looks at after each epoch; in the same forms as `ratio`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]
    """One random split and one set of runs for each seed."""
    singletons: Literal["learn", "both"] = "learn"
    """A class with a single polygon is learnt, never tested in-area. `both`: a part of that polygon's samples
    (`validation_ratio`) is validation, so that the class takes part in the choice of epoch and model, on pixels
    beside those it was learnt on."""
    validation_by: Literal["polygons", "tile"] = "polygons"
    """Which polygons of the training are validation: a share of them (`polygons`), or in each run those of one of
    its training tiles (`tile`), which then learns nothing there: for those who choose models for transfer. Of n
    tiles in the order of their names it is the one at seed modulo n; `validation_ratio` does not apply."""
    field_values: dict[FieldValue, Literal["learn", "validation", "test"]] | None = None
    """Role that each value of `reference.split_field` means, for example `{learn: learn, validation: test}` for
    files of systems that call the polygons of accuracy "validation". `test` means test in any case. Default: the
    values are learn, validation and test; with validation but never test, the run asks which is meant."""

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, value: list[int]) -> list[int]:
        if len(set(value)) != len(value):
            raise ValueError("each seed once")
        return value

    @field_validator("field_values")
    @classmethod
    def _test_is_test(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        if value is not None and value.get("test", "test") != "test":
            raise ValueError("the value test means test; it cannot mean another role")
        return value

    @model_validator(mode="after")
    def _one_way_to_validate(self) -> Split:
        if self.singletons == "both" and self.validation_by == "tile":
            raise ValueError("singletons: both needs validation_by: polygons; choose one of them")
        return self


class Fusion(Section):
    """Fusion of the maps of several seeds, see `docs/fusion.md`."""

    methods: list[Literal["majority", "probability", "dempster_shafer"]] = []
    """Fused maps that are made of each fold's maps, in `maps/<fold>/fused/`: `majority` vote; `probability`, the
    class with the largest mean probability; `dempster_shafer`, votes weighted by what each run knows of its labels.
    Needs two seeds or more."""
    mass: Literal["precision", "recall", "accuracy", "kappa"] = "precision"
    """For `dempster_shafer`: what of a run's matrix on its validation samples is the mass of its labels."""
    holdout_ratio: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Share of each class's polygons that no seed trains or is tested on (role `fusion_test`), so that a map fused
    from several seeds has polygons that none of its models saw. The same polygons for all seeds; at least one of a
    class with four polygons or more, none of a smaller one. 0: none. Default: 0.1 where maps are fused, else 0."""

    @field_validator("methods")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise ValueError("each method once")
        return value

    @property
    def kept_apart(self) -> float:
        """Share of polygons that no seed trains or is tested on."""
        if self.holdout_ratio is None:
            return 0.1 if self.methods else 0.0
        return self.holdout_ratio


class Folds(Section):
    """Which areas are held out, one run each, besides the run `all`. See `docs/validity.md`."""

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
