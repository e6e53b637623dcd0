"""Configuration of what comes in: tiles, sensors, calendar, features, reference data."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator

from tilefold.config.section import Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
#: Names in `tilefold.series.methods.METHODS`.
FillingMethod = Literal["linear", "none", "gaussian", "raw"]


class Tiles(Section):
    """Which tiles are trained on and which are mapped."""

    train: list[Name] | None = None
    """Tiles whose reference pixels are used. Default: all tiles that have a folder of each sensor; the
    run says which folders are left out."""
    map: list[Name] | None = None
    """Tiles that are mapped by the run `all`; a tile without reference data may be among them. Default: as
    for `train`."""

    @field_validator("train", "map")
    @classmethod
    def _without_repeats(cls, value: list[str] | None) -> list[str] | None:
        if value is not None and (not value or len(set(value)) != len(value)):
            raise ValueError("name at least one tile, and each once")
        return value


class Sensor(Section):
    """One sensor. Sensors of the catalogue need only `path`; any other is described here."""

    path: str
    """Folder that holds one folder for each tile."""
    bands: list[str] | None = None
    """Bands to keep, in this order. Default for a sensor of the catalogue: all its bands."""
    step: Annotated[int, Field(ge=1)] | None = None
    """Days between two dates of this sensor's calendar. Default: `calendar.step`, without it the catalogue's (16
    for Landsat, 10 for others)."""
    resampling: Literal["cubic", "bilinear", "nearest"] | None = None
    """How bands of another CRS, origin or resolution get onto the tile's grid. Masks are never interpolated: a
    pixel that touches an unusable one is unusable. Default: the catalogue's (`bilinear` for Sentinel-1), else
    `cubic`."""
    speckle_filter: Literal["none", "quegan"] = "none"
    """Only for Sentinel-1: `quegan` is the multi-temporal filter of Quegan and Yu (2001) over the acquisitions of
    the series."""
    speckle_window: Annotated[int, Field(ge=3, le=51)] = 7
    """Rows and columns of the window of local means in the speckle filter, an odd number."""
    method: FillingMethod | None = None
    """How this sensor's series is filled. Default: `calendar.method`."""
    gaussian_width: Annotated[float, Field(gt=0)] | None = None
    """See `calendar.gaussian_width`, which is the default."""
    band_path: str | None = None
    """Only for sensors outside the catalogue: path of a band's file under `path`, with `{tile}`, `{date}` and
    `{band}`."""
    mask_path: str | None = None
    """Only for sensors outside the catalogue: path of the mask's file, with `{tile}` and `{date}`. Default:
    every pixel that is not nodata is clear."""
    mask_valid: list[int] = [0]
    """Values of the mask that mean clear, for sensors outside the catalogue."""
    mask_bits: list[Annotated[int, Field(ge=0, le=31)]] | None = None
    """Bits of the mask that make a pixel unusable, the lowest being 0: for sensors outside the catalogue instead
    of `mask_valid`, and for `landsat_c2` and `hls`. Default: the catalogue's."""
    date_format: str = "%Y%m%d"
    """How the text at the start of `{date}` is read, in the form of Python's `strptime`."""
    nodata: int | None = None
    """Value of pixels without data, for sensors outside the catalogue."""
    scale: float | None = None
    """Physical value = stored value * scale + offset. Default: the catalogue's, else 1."""
    offset: float | None = None
    """See `scale`. Default: the catalogue's, else 0."""
    aliases: dict[str, str] = {}
    """Which band is `red`, `nir` and `swir`, for features of sensors outside the catalogue; likewise bands under
    the names that the formulas of spectral indices use (`B`, `G`, `RE1`, `S2`, ...)."""

    @field_validator("speckle_window")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("give an odd number, so that the window has a middle")
        return value


class Calendar(Section):
    """The common dates that every tile's series is brought to, and how."""

    start: datetime.date | None = None
    """First date. Default: the first acquisition over all tiles of the sensor. Give it, so that a new
    acquisition does not move the calendar of all tiles."""
    end: datetime.date | None = None
    """Last possible date. Default: the last acquisition over all tiles of the sensor."""
    step: Annotated[int, Field(ge=1)] | None = None
    """Days between two dates, for the methods `linear` and `gaussian`. Default: each sensor's own in the catalogue,
    else 10."""
    method: FillingMethod = "linear"
    """`linear`: on a straight line between the nearest clear observations, constant before the first and after
    the last; `gaussian`: mean of all clear observations, the nearer in time the heavier; `none`: the dates are
    those of the acquisitions, which must be the same in all tiles (monthly syntheses), and cloudy pixels are
    filled as with `linear`; `raw`: the dates are those of all tiles' acquisitions together, nothing is filled,
    and the network puts the mean of the samples in the place of what is missing."""
    gaussian_width: Annotated[float, Field(gt=0)] = 15.0
    """Standard deviation in days of the weights of the method `gaussian`: an observation that many days away
    weighs 0.61, one twice as far 0.14."""


class Expression(Section):
    """A feature of one's own, computed at each date."""

    name: Name
    """Name of the feature."""
    expression: str
    """Formula over the sensor's bands and `red`, `nir`, `swir`, in physical units: numbers, `+ - * / **`,
    parentheses, `sqrt`, `abs`, `exp`, `log`, `log10`, `min`, `max`. Where it is not defined (a denominator under
    1e-5, the logarithm of a negative number) the value is missing and imputed."""


class UserFeature(Section):
    """A static raster, given to the network as it is (nodata: imputed)."""

    path: str
    """Path of the raster, with `{tile}` where each tile has its own."""
    bands: Annotated[int, Field(ge=1)] = 1
    """Number of bands to use, from the first."""
    resampling: Literal["nearest", "bilinear", "cubic", "average", "mode", "min", "max"] = "bilinear"
    """How values are found on a tile's grid where the raster's own is another: `nearest` or `mode` for classes,
    `average` for a raster with finer pixels."""

    def raster(self, tile: str) -> str:
        """Path of the raster of a tile."""
        return self.path.replace("{tile}", tile)


FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Parameter = bool | int | float | str | None


class Function(Section):
    """A call of a function of one's own."""

    name: FunctionName
    """Name of the function."""
    parameters: dict[str, Parameter | list[Parameter]] = {}
    """Its keyword arguments."""


class ExternalFeatures(Section):
    """Features computed by Python functions of one's own, see `docs/own_data.md`."""

    module: str | None = None
    """Python file that holds the functions."""
    functions: list[FunctionName | Function] = []
    """Functions to call, by name or with their `parameters`; their results stand in this order."""
    margin: Annotated[int, Field(ge=0, le=256)] = 0
    """Pixels around each block that functions see besides, for those that look at neighbours."""
    values: Literal["stored", "physical"] = "stored"
    """What functions get: `stored` values as in the products (reflectance x 10000 for Sentinel-2), or `physical`
    ones, with the sensor's `scale` and `offset`."""


class LandCoverClass(Section):
    """One class of the nomenclature."""

    code: Annotated[int, Field(ge=0, le=65535)]
    """Code in the reference data and in the maps."""
    label: str
    """Name for people. A text class field may hold it, in any case."""
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#808080"
    """Colour in the maps, as `#rrggbb`."""
    parent: str | None = None
    """Label of the group that the class belongs to (`crops`): classes with the same one are a group. Groups of groups
    follow after a `;`, the smallest first (`crops;farmland`). All scores are also given by groups."""
    alias: list[str] = []
    """Other names or numbers of the class in the class field, in any case; in a CSV file separated by `;`."""


class Reference(Section):
    """Reference polygons or points."""

    path: str
    """Vector file with polygons or points (a point is the pixel that holds it), in any format that GDAL reads."""
    class_field: str
    """Field that holds the class: its code, or as text its code, label or one of its aliases."""
    nomenclature: str | list[LandCoverClass]
    """The classes: a CSV file with the columns `code`, `label` and, if wanted, `colour`, `parent`, `alias`; a text
    file with a line `label:code` for each class; or the classes themselves."""
    colours: str | None = None
    """Text file with a line `code red green blue` (0 to 255) for each class; its colours take the place of the
    nomenclature's."""
    layer: str | None = None
    """Layer to read. Default: the first."""
    crs: str | None = None
    """CRS of a file that names none, for example `EPSG:2154`. It is an error if the file names another."""
    id_field: str | None = None
    """Field that identifies a polygon for good, so that its role stays when the file changes. Default: a
    digest of its geometry."""
    group_field: str | None = None
    """Field of what must stay together (farm, commune, map sheet): polygons with one value get one role and stand on
    one side of a fold. Default: each feature of the file is on its own."""
    split_field: str | None = None
    """Field that imposes roles: learn, validation or test, or the values that `split.field_values` names; without a
    value the role is drawn. A role that the field gives to some polygon is drawn by no other: where it names test
    polygons, all others only train. See `docs/validity.md`, "Imposed roles". Default: all roles are drawn."""
    test_path: str | None = None
    """A second vector file with the same fields, all of test: nothing that it covers is trained on."""
    test_layer: str | None = None
    """Layer to read of `test_path`. Default: the first."""
    overlaps: Literal["keep", "clip", "reject"] = "keep"
    """What to do where polygons of different classes overlap: `keep` them, the pixel belongs to the first in the
    order of the cleaned file; `clip` the common ground from both; `reject` both. Overlaps are reported always."""
    min_area: Annotated[float, Field(ge=0)] = 0.0
    """Polygons smaller than this, in square metres, are rejected as slivers."""
    min_width: Annotated[float, Field(ge=0)] = 0.0
    """Polygons into which no circle of this diameter fits, in metres, are rejected as slivers."""


class Regions(Section):
    """Regions with a model each, see `docs/regions.md`. Default: one model for all."""

    path: str | None = None
    """Vector file of polygons, in any format that GDAL reads. Default: no regions."""
    field: str | None = None
    """Field that holds the name of the region, text or an integer; the polygons of one name are one region."""
    layer: str | None = None
    """Layer to read. Default: the first."""
    blend_m: Annotated[float, Field(ge=0)] = 0.0
    """Metres on either side of a border within which the class probabilities of both regions' models are mixed, so
    that the map changes smoothly. 0: each pixel has the model of its region."""
    fallback: Literal["nearest", "global", "none"] = "none"
    """What classifies pixels whose region a run has no model for, and pixels outside all regions: `nearest`, the
    model of the nearest region that has one; `global`, a model of all regions together, which is trained besides;
    `none`: nothing, the map has no class there, and test pixels there count as errors."""
