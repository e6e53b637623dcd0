"""Configuration of what comes out: maps, validation, report."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from tilefold.config.data import Name
from tilefold.config.section import Section


class Maps(Section):
    """The classification rasters."""

    nodata: Literal["auto"] | Annotated[int, Field(ge=0, le=65535)] = "auto"
    """Value of pixels without a class. `auto`: 0, else the smallest code that no class has."""
    crs: str | None = None
    """CRS in metres that maps are warped to (labels and all other values from the nearest pixel), for tiles in
    several UTM zones that are processed each in its own. Default: `output_crs`, or the tiles' own. See
    `docs/maps.md`."""
    blend: bool = False
    """Where tiles overlap, mix the probabilities of all tiles that saw a pixel, weighted by its distance from each
    tile's edge, so that no seam is left at the tile line. Otherwise a pixel has the label of the tile that owns it.
    See `docs/seams.md`."""
    regularise: Literal["none", "majority", "sieve", "bayes"] = "none"
    """A second map with fewer single pixels, `regularised.tif` beside the raw one, and scores of both.
    `majority`: the most frequent label around each pixel; `sieve`: small areas join their largest neighbour;
    `bayes`: each class's probability is estimated from the pixel and those around it. See
    `docs/regularisation.md`."""
    regularise_radius: Annotated[int, Field(ge=1, le=20)] | None = None
    """Pixels around each pixel that `majority` and `bayes` look at. Default: 1 for `majority`, 3 for `bayes`."""
    regularise_min_pixels: Annotated[int, Field(ge=2)] = 5
    """For `sieve`: areas with fewer pixels join their largest neighbour."""
    regularise_smoothness: Annotated[float, Field(gt=0)] = 10.0
    """For `bayes`: how much single pixels give way to those around them; the variance of a class's log-odds that is
    expected within an area of that class."""
    vector: Literal["none", "gpkg", "fgb"] = "none"
    """The map as polygons too, `classification.gpkg` (GeoPackage) or `classification.fgb` (FlatGeobuf), with the
    class and the mean confidence of each. See `docs/maps.md`."""
    vector_min_pixels: Annotated[int, Field(ge=1, le=1000)] = 10
    """Minimal mapping unit of `vector`: areas with fewer pixels join the neighbour with the longest common border.
    10 pixels of 10 m are 0.1 ha. 1: all areas stay."""


class Bootstrap(Section):
    """Resampling of polygons for intervals."""

    replicates: Annotated[int, Field(ge=1000)] = 2000
    """Number of resamples."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the resampling, apart from those of the splits."""
    unit: Literal["polygon", "group", "block"] | None = None
    """What is resampled within class for all intervals (scores, gaps, comparisons, areas), and counted where an
    interval needs 5 of them: `polygon`, each with all its parts; `group`, the groups of the split
    (`reference.group_field`); `block`, squares of `block_m`, a polygon being in the one that holds the mean of its
    pixels. Take what makes polygons alike, or intervals are too narrow. Default: `group` with a group field, else
    `polygon`."""
    block_m: Annotated[float, Field(gt=0)] | None = None
    """Side of a block in metres, for the unit `block`. Default: `folds.block_size_m`, where folds are blocks."""


class ReferenceSample(Section):
    """Points of a probability sample, interpreted by people: design-based accuracies and areas."""

    path: str
    """Vector file of the points, as `tilefold sampling-design` writes it, with the class filled in. Points without a
    class are left out."""
    strata: str
    """CSV file of the design that the points were drawn by: `stratum`, `pixels`, `hectares`."""
    class_field: str = "class"
    """Field with the interpreted class's code."""
    stratum_field: str = "stratum"
    """Field with the stratum's number."""


class Applicability(Section):
    """How dissimilarity from the samples is measured."""

    samples: Annotated[int, Field(ge=100, le=50_000)] = 50_000
    """Learn samples, and out-of-area pixels, that are taken at most, each class in its share; the report says how
    many. The time of the raster is proportional to it."""
    step: Annotated[int, Field(ge=1, le=100)] = 10
    """The raster of dissimilarity is measured at one pixel in squares of this many pixels on a side."""


class Validation(Section):
    """How accuracy is estimated."""

    applicability: Applicability | None = None
    """Where the map of the run `all` may be trusted as far as the folds' scores tell: rasters of the dissimilarity
    from the samples and of the area of applicability, errors by dissimilarity. `{}` for the defaults. Needs folds;
    not with regions, whose models have samples of their own. See `docs/applicability.md`."""

    reference_sample: ReferenceSample | None = None
    """Points of a probability sample: the only basis for an accuracy of the map, and for areas of classes with
    intervals (`summary/areas/seed_<s>.csv`). Not with a table of samples, which makes no map."""

    max_test_pixels: Annotated[int, Field(ge=1)] | None = None
    """Reference pixels of a class, in all tiles, from which on those that are predicted for the scores are thinned to
    about this number: each polygon keeps its share, at least one pixel, the same in all runs. The report says so.
    Default: all are predicted."""
    bootstrap: Bootstrap = Bootstrap()
    """How intervals are made."""
    baselines: list[Literal["majority", "random_forest"]] = ["majority", "random_forest"]
    """What stands beside the network in `summary/baselines.csv` and the report: the class with most samples, and a
    random forest of 100 trees on the same samples. With 10,000 samples a class the forest takes some minutes for
    each run. `[]`: nothing."""
    distances: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] = [100, 500, 1000, 5000]
    """Limits in metres, ascending, of the classes of distance from the nearest training polygon by which
    out-of-area pixels are scored."""

    @field_validator("distances")
    @classmethod
    def _ascending(cls, value: list[float]) -> list[float]:
        if any(later <= earlier for earlier, later in pairwise(value)):
            raise ValueError("give the limits in ascending order, each once")
        return value


class Site(Section):
    """A window that every run classifies."""

    name: Name
    """What it is called."""
    x: float
    """Centre, east (or longitude)."""
    y: float
    """Centre, north (or latitude)."""
    size: Annotated[float, Field(gt=0)]
    """Side of the square, in metres (units of the tiles' CRS)."""
    crs: str | None = None
    """CRS of `x` and `y`, for example `EPSG:4326`. Default: that of all tiles (`output_crs`, else the tiles' own)."""


class Report(Section):
    """The page for people."""

    title: str = "Land-cover maps"
    """Heading of the report."""
    few_polygons: Annotated[int, Field(ge=0)] = 5
    """Classes trained or scored on fewer polygons than this are named at the top."""
    sites: list[Site] = []
    """Windows that every run classifies, also those whose map is a held-out area elsewhere: the report shows them run
    by run, with the classes' shares, and names classes that vanish in a run. See `docs/sites.md`."""

    @field_validator("sites")
    @classmethod
    def _each_once(cls, value: list[Site]) -> list[Site]:
        if len({site.name for site in value}) != len(value):
            raise ValueError("give each site another name")
        return value
