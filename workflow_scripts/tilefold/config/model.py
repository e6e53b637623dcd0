"""The whole configuration: the one source of defaults, documentation and JSON schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tilefold.config.data import (
    Calendar,
    Expression,
    ExternalFeatures,
    Identifier,
    Name,
    Reference,
    Regions,
    Sensor,
    Tiles,
    UserFeature,
)
from tilefold.config.design import Folds, Fusion, Selection, Split
from tilefold.config.learning import Classification, Models, Training
from tilefold.config.products import Maps, Report, Validation
from tilefold.config.samples import Samples
from tilefold.config.section import Section


class Config(Section):
    """Everything that a project says. Paths are relative to the folder that snakemake is started in."""

    results: str
    """Folder for all products."""
    data: str | None = None
    """Folder that `{data}` stands for in the other paths, for example given as `--config data=/my/folder`."""
    tiles: Tiles = Tiles()
    """Which tiles are trained on and which are mapped."""
    output_crs: str | None = None
    """CRS of all tiles' grids, for example `EPSG:2154`. Default: each tile's own."""
    resolution: Annotated[float, Field(gt=0)] | None = None
    """Pixel size of all tiles' grids, in units of the CRS. Default: that of the finest sensor."""
    sensors: dict[Identifier, Sensor] = {}
    """The sensors, by name. Needed, but with `samples`."""
    samples: Samples | None = None
    """A table of ready samples instead of images."""
    on_bad_acquisition: Literal["stop", "skip"] = "stop"
    """What to do where a product cannot be read (a truncated file, a missing band, a mask of another size, an
    unreadable date): `stop`, or `skip`, which leaves the whole acquisition out, writes it to
    `series/<tile>/<sensor>_skipped.csv` and says so in the report."""
    calendar: Calendar = Calendar()
    """The common dates that every tile's series is brought to, and how."""
    features: dict[Identifier, list[Name | Expression]] = {}
    """For each sensor, the features computed at each date: `ndvi`, `ndwi`, `brightness`, any index of the
    package spyndex by its short name (`NDVI705`, `EVI`, `NDMI`), or an expression. Default: the catalogue's for
    its sensors, none for others."""
    user_features: dict[Identifier, UserFeature] = {}
    """Static rasters, by name."""
    external_features: ExternalFeatures = ExternalFeatures()
    """Features computed by Python functions of one's own."""
    reference: Reference
    """Reference polygons."""
    regions: Regions = Regions()
    """Regions with a model each."""
    split: Split = Split()
    """How polygons are given the roles learn, validation and test."""
    fusion: Fusion = Fusion()
    """Fusion of the maps of several seeds."""
    folds: Folds = Folds()
    """Which areas are held out, one run each, besides the run `all`."""
    selection: Selection = Selection()
    """Which reference pixels a run is trained on."""
    training: Training = Training()
    """How the networks are trained and the model is chosen."""
    models: Models = Models()
    """Models that are there already."""
    classification: Classification = Classification()
    """How tiles are classified."""
    maps: Maps = Maps()
    """The classification rasters."""
    validation: Validation = Validation()
    """How accuracy is estimated."""
    report: Report = Report()
    """The page for people."""

    @model_validator(mode="after")
    def _images_or_table(self) -> Self:
        if bool(self.sensors) == (self.samples is not None):
            raise ValueError("give sensors, or samples for a table of ready samples")
        return self

    @model_validator(mode="after")
    def _several_maps_to_fuse(self) -> Self:
        if self.fusion.methods and (len(self.split.seeds) < 2 or self.samples is not None):
            raise ValueError(
                "fusion.methods: only maps of several seeds can be fused; give two seeds or more in split.seeds"
                if self.samples is None
                else "fusion.methods: a table of samples gives no maps to fuse; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _models_that_are_there(self) -> Self:
        if self.models.source is None:
            return self
        if self.samples is not None:
            raise ValueError("models.from: a table of samples gives no maps; leave it out")
        if self.classification.precision == "auto":
            raise ValueError(
                "classification.precision: auto needs the samples of a training, which models.from has not; "
                "give fp32 or bf16"
            )
        if self.fusion.methods:
            raise ValueError("fusion.methods: maps are fused where their models are trained; leave it out")
        if Path(self.models.source).resolve() == Path(self.results).resolve():
            raise ValueError(
                "models.from: is the results folder of this project; choose another for `results`"
            )
        return self

    @model_validator(mode="after")
    def _sites_of_maps(self) -> Self:
        if self.report.sites and (self.samples is not None or self.models.source is not None):
            reason = (
                "a table of samples gives no maps" if self.samples else "with models.from there is no report"
            )
            raise ValueError(f"report.sites: {reason}; leave it out")
        return self

    @model_validator(mode="after")
    def _applicability_of_folds(self) -> Self:
        lacks = {
            "there are no folds (folds.scheme: none), to which it is relative": self.folds.scheme == "none",
            "with regions each model has samples of its own": self.regions.path is not None,
            "a table of samples gives no maps": self.samples is not None,
            "with models.from nothing is validated": self.models.source is not None,
        }
        reasons = [reason for reason, applies in lacks.items() if applies]
        if self.validation.applicability is not None and reasons:
            raise ValueError(f"validation.applicability: {reasons[0]}; leave it out")
        return self

    @property
    def series(self) -> list[str]:
        """Names of the inputs with dates and bands: the sensors, or those of the table of samples."""
        return list(self.sensors if self.samples is None else self.samples.inputs)
