"""The frozen plan: all that the jobs' settings are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tilefold.config.data import LandCoverClass
from tilefold.config.design import Folds
from tilefold.config.model import Config
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership
from tilefold.plan.areas import scheme_kind
from tilefold.plan.levels import class_levels
from tilefold.plan.runs import Run, plan_runs
from tilefold.plan.sites import place_sites
from tilefold.regions.names import ALL


@dataclass(frozen=True)
class Plan:
    """What the controller found out before any job; jobs read it and look at nothing else.

    Attributes
    ----------
    config
        The checked configuration.
    train, mapped
        Training tiles and tiles mapped by the run `all`, sorted.
    grids
        Grid of each tile.
    ownership
        Footprints of all tiles in the common CRS.
    products
        For each tile and sensor, its acquisitions: name, date (ISO), stamp (size and time of the metadata
        file).
    calendars
        Dates (ISO) of each sensor's series.
    expressions
        For each sensor, the formulas over its bands of the features that are not the library's own.
    external
        What external features make, None without them: `extra` and `groups` as
        `tilefold.series.external_layout.arrange` gives them, `raw`: sensors of which functions ask for
        acquisitions.
    classes
        The nomenclature in code order.
    nodata
        Value of map pixels without a class.
    code
        Digest of the code of each rule.
    refused
        For each tile and sensor, the products that are left out because something is wrong with their names or
        they are incomplete: product, file, reason.
    fold_values
        Values of the reference's field that folds hold out, sorted.
    region_names
        Names of the regions, sorted; empty without regions.
    text_classes
        Whether the class field of the reference data holds text, which may be labels.
    table
        Of a table of samples, None with images: `tiles` (value in the table by name) and `columns` of each input,
        see `tilefold.sampling.imported_values.ValueColumns`.
    """

    config: Config
    train: tuple[str, ...]
    mapped: tuple[str, ...]
    grids: Mapping[str, Grid]
    ownership: Ownership
    products: Mapping[str, Mapping[str, list[dict[str, Any]]]]
    calendars: Mapping[str, list[str]]
    expressions: Mapping[str, Mapping[str, str]]
    external: Mapping[str, Any] | None
    classes: tuple[LandCoverClass, ...]
    nodata: int
    code: Mapping[str, str]
    refused: Mapping[str, Mapping[str, list[dict[str, str]]]] = field(default_factory=dict)
    fold_values: tuple[str, ...] = ()
    region_names: tuple[str, ...] = ()
    text_classes: bool = False
    table: Mapping[str, Any] | None = None

    @property
    def tiles(self) -> list[str]:
        """All tiles."""
        return sorted(self.grids) if self.table is None else list(self.train)

    @property
    def trains(self) -> bool:
        """Whether models are trained here; otherwise those of another project are used."""
        return self.config.models.source is None

    def model_file(self, fold: str, seed: int | str, region: str) -> str:
        """Model of a run and region, below the folder that trained it."""
        return f"runs/{fold}/seed_{seed}/region_{region}/model.safetensors"

    @property
    def has_places(self) -> bool:
        """Whether it is known where samples lie: of a table they may have no coordinates."""
        return bool(self.crs)

    @property
    def crs(self) -> str:
        """The common CRS."""
        return self.ownership.crs

    @property
    def codes(self) -> list[int]:
        """Class codes, ascending."""
        return [item.code for item in self.classes]

    @cached_property
    def levels(self) -> dict[int, list[dict[str, Any]]]:
        """Groups of classes, by level of the nomenclature above that of classes."""
        return dict(enumerate(class_levels(self.classes), 1))

    @property
    def regions(self) -> list[str]:
        """Regions with a model each: `all` alone without regions, and besides them for the fallback `global`."""
        if not self.region_names:
            return [ALL]
        return [*self.region_names, *([ALL] if self.fallback == "global" else [])]

    @property
    def fallback(self) -> str | None:
        """What classifies pixels whose region has no model; None without regions."""
        return self.config.regions.fallback if self.region_names else None

    @property
    def fold_kind(self) -> str:
        """What cuts the reference into the cells that folds hold out: tiles, blocks or a field."""
        return scheme_kind(self.config.folds)

    @cached_property
    def runs(self) -> list[Run]:
        """All runs."""
        config = self.config
        folds = config.folds if self.trains else Folds()
        runs = plan_runs(folds, config.split.seeds, self.train, self.mapped, self.fold_values)
        return runs if self.table is None else [replace(run, map_tiles=()) for run in runs]

    @cached_property
    def _runs_by_key(self) -> dict[tuple[str, int], Run]:
        return {(run.fold, run.seed): run for run in self.runs}

    def run(self, fold: str, seed: int | str) -> Run:
        """The run of a fold and a seed."""
        return self._runs_by_key[fold, int(seed)]

    @cached_property
    def candidates(self) -> dict[str, dict[str, Any]]:
        """Candidates by name, in the order of the config."""
        return {item["name"]: item for item in self.config.training.candidates()}

    @property
    def map_products(self) -> list[str]:
        """Rasters that a classification writes."""
        chosen = self.config.classification
        derived = "probability" in self.config.fusion.methods or self.config.maps.regularise == "bayes"
        wanted = {
            "probabilities": derived or chosen.enable_probability_map,
            "margin": chosen.enable_margin_map,
            "clear_dates": chosen.enable_clear_dates_map,
        }
        return ["classification", "confidence", *(name for name, on in wanted.items() if on)]

    @property
    def mapped_folds(self) -> list[str]:
        """Folds that have maps."""
        return list(dict.fromkeys(run.fold for run in self.runs if run.map_tiles))

    @property
    def fused_folds(self) -> list[str]:
        """Folds whose maps are fused."""
        return self.mapped_folds if self.config.fusion.methods else []

    @property
    def voted_folds(self) -> list[str]:
        """Folds whose seeds map the same pixels, so that they can disagree."""
        return self.mapped_folds if len(self.config.split.seeds) > 1 else []

    @property
    def seam_runs(self) -> list[str]:
        """Names of the runs whose maps are of several tiles, between which there are seams."""
        return [run.name for run in self.runs if len(run.map_tiles) > 1]

    @cached_property
    def sites(self) -> dict[str, dict[str, Any]]:
        """Tile and window of the sites of the report, by name."""
        return place_sites(self.config.report.sites, self.grids, self.ownership)[0]

    @property
    def folds(self) -> list[str]:
        """Folds that hold something out."""
        return list(dict.fromkeys(run.fold for run in self.runs if run.held_out))

    @property
    def neighbour_seeds(self) -> list[int]:
        """Seeds for which distances of folds and map to the nearest samples are measured."""
        return list(self.config.split.seeds) if self.folds and self.table is None else []

    @property
    def polygon_area_seeds(self) -> list[int]:
        """Seeds for whose map areas are estimated from reference polygons: a reference sample is better."""
        if not self.trains or self.config.validation.reference_sample is not None:
            return []
        return [run.seed for run in self.runs if not run.held_out and run.map_tiles]

    @property
    def measured_seeds(self) -> list[int]:
        """Seeds for whose run `all` applicability is measured."""
        return [] if self.config.validation.applicability is None else list(self.config.split.seeds)

    @property
    def regularised_runs(self) -> list[str]:
        """Names of the runs whose maps are regularised."""
        wanted = self.config.maps.regularise != "none"
        return [run.name for run in self.runs if run.map_tiles] if wanted else []

    @property
    def vector_runs(self) -> list[str]:
        """Names of the runs whose maps are polygonised."""
        wanted = self.config.maps.vector != "none"
        return [run.name for run in self.runs if run.map_tiles] if wanted else []

    @property
    def tile_products(self) -> list[str]:
        """Rasters that are made of each tile: those of the maps, and what other products are made from."""
        wanted = self.map_products
        needs = self.config.maps.blend and "probabilities" not in wanted
        return [*wanted, "probabilities"] if needs else wanted

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "config": self.config.model_dump(mode="json"),
            "train": list(self.train),
            "mapped": list(self.mapped),
            "grids": {tile: grid.to_dict() for tile, grid in self.grids.items()},
            "ownership": self.ownership.to_dict(),
            "products": {tile: dict(sensors) for tile, sensors in self.products.items()},
            "calendars": dict(self.calendars),
            "expressions": {sensor: dict(found) for sensor, found in self.expressions.items()},
            "external": self.external,
            "classes": [item.model_dump() for item in self.classes],
            "nodata": self.nodata,
            "code": dict(self.code),
            "refused": {tile: dict(sensors) for tile, sensors in self.refused.items()},
            "fold_values": list(self.fold_values),
            "region_names": list(self.region_names),
            "text_classes": self.text_classes,
            "table": self.table,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Inverse of `to_dict`."""
        return cls(
            config=Config.model_validate(data["config"]),
            train=tuple(data["train"]),
            mapped=tuple(data["mapped"]),
            grids={tile: Grid.from_dict(grid) for tile, grid in data["grids"].items()},
            ownership=Ownership.from_dict(data["ownership"]),
            products=data["products"],
            calendars=data["calendars"],
            expressions=data["expressions"],
            external=data["external"],
            classes=tuple(LandCoverClass.model_validate(item) for item in data["classes"]),
            nodata=data["nodata"],
            code=data["code"],
            refused=data["refused"],
            fold_values=tuple(data["fold_values"]),
            region_names=tuple(data["region_names"]),
            text_classes=data["text_classes"],
            table=data["table"],
        )
