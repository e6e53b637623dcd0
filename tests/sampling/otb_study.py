"""A project's steps up to the pools, and its tiles as Orfeo ToolBox reads them."""

import geopandas
import numpy as np
import rasterio
import shapely
from otb_command import class_statistics, select

from tilefold.config.load import read_config
from tilefold.folds.split import split_polygons
from tilefold.ground_truth.cleaning import clean_ground_truth
from tilefold.plan.inventory import make_plan
from tilefold.plan.settings import rule_settings
from tilefold.sampling.pools import extract_pool
from tilefold.sampling.selection import select_samples
from tilefold.series.inputs import named_inputs
from tilefold.series.preprocess import preprocess_tile
from tilefold.storage.tables import read_table, write_vector


class Study:
    """Series, cleaned reference without overlaps, split and pools of all tiles, of the run `all`, seed 0."""

    def __init__(self, folder, content):
        self.folder = folder
        self.plan = make_plan(read_config({"results": str(folder), **content}))
        self.tiles = list(self.plan.train)
        (self.sensor,) = self.plan.config.sensors
        self.reference = folder / "reference.gpkg"
        self.split = folder / "split.parquet"
        self.indexes, self.pools = {}, {}
        self._clean()
        split_polygons(self.reference, self.settings("split_polygons", seed="0"), split=self.split)
        for tile in self.tiles:
            self._extract(tile)
        self.roles = read_table(self.split)

    def settings(self, rule, **wildcards):
        return rule_settings(self.plan, rule, wildcards)

    def series(self, tile, name="series"):
        return self.folder / f"{tile}_{name}.tif"

    def _clean(self):
        paths = {"rejected": self.folder / "rejected.gpkg", "table": self.folder / "cleaning.csv"}
        source = self.plan.config.reference.path
        clean_ground_truth(source, self.settings("clean_ground_truth"), reference=self.reference, **paths)
        # OTB counts a pixel once for each polygon that covers it; the library does not.
        features = geopandas.read_file(self.reference)
        one, other = features.sindex.query(features.geometry, predicate="intersects")
        area = shapely.area(
            shapely.intersection(features.geometry.values[one], features.geometry.values[other])
        )
        overlapping = np.unique(one[(one != other) & (area > 0)])
        assert len(overlapping) < len(features) / 4
        features = features.drop(index=overlapping)
        # The simulated parcels have corners on pixel centres, which OTB and GDAL judge by opposite rules.
        write_vector(self.reference, features.set_geometry(features.translate(0.013, 0.017)), "reference")

    def _extract(self, tile):
        preprocess_tile(
            self.plan.config.sensors[self.sensor].path,
            self.settings("preprocess", tile=tile, sensor=self.sensor),
            series=self.series(tile),
            clear_dates=self.series(tile, "clear"),
            skipped=self.folder / "skipped.csv",
            threads=1,
        )
        settings = self.settings("extract_pool", tile=tile)
        self.pools[tile], self.indexes[tile] = self.folder / f"{tile}.nc", self.folder / f"{tile}.parquet"
        inputs = named_inputs(settings["inputs"], [self.series(tile)], [self.series(tile, "clear")], [])
        extract_pool(self.reference, *inputs, settings, pool=self.pools[tile], index=self.indexes[tile])

    def select(self, folder, tiles, **changes):
        """Select from some tiles; return the picks by tile and class as (row, column), and the tables."""
        folder.mkdir(exist_ok=True)
        paths = {name: folder / f"{name}.parquet" for name in ("selection", "roles")}
        paths |= {name: folder / f"{name}.csv" for name in ("rates", "samples", "barred")}
        settings = self.settings("select_samples", fold="all", seed="0") | changes
        select_samples(self.split, {tile: self.indexes[tile] for tile in tiles}, settings, **paths)
        tables = {name: read_table(path) for name, path in paths.items()}
        picks = {}
        for tile, chosen in tables["selection"].groupby("tile"):
            index = read_table(self.indexes[tile]).iloc[chosen["pool_row"]]
            code = chosen["code"].to_numpy()
            picks[tile] = {
                int(value): index.loc[code == value, ["row", "col"]].to_numpy().tolist()
                for value in np.unique(code)
            }
        return picks, tables


class OtbTile:
    """A tile for OTB: its series, the training polygons in canonical order, a mask of owned and clear pixels."""

    def __init__(self, study, tile):
        self.folder = study.folder / f"otb_{tile}"
        self.folder.mkdir()
        self.image, self.grid = study.series(tile), study.plan.grids[tile]
        self.vector, self.mask = self.folder / "training.shp", self.folder / "mask.tif"
        self.statistics = self.folder / "statistics.xml"
        roles = study.roles.set_index("polygon")["role"]
        features = geopandas.read_file(study.reference).sort_values("polygon", ignore_index=True)
        features = features[features["polygon"].map(roles).isin(["learn", "validation"])]
        features[["polygon", "code", "geometry"]].to_crs(study.plan.grids[tile].crs).to_file(self.vector)
        self.polygons = features["polygon"].tolist()
        self._write_mask(study, tile)
        self.by_class, self.by_vector = class_statistics(self.image, self.vector, self.statistics, self.mask)

    def _write_mask(self, study, tile):
        grid, ownership = study.plan.grids[tile], study.plan.ownership
        row, col = np.indices(grid.shape)
        x, y = grid.centres(row.ravel(), col.ravel())
        owned = ownership.owners(x, y) == ownership.names.index(tile)
        with rasterio.open(study.series(tile, "clear")) as dataset:
            usable = owned.reshape(grid.shape) & (
                dataset.read(1) >= study.plan.config.selection.min_clear_dates
            )
            profile = {**dataset.profile, "dtype": "uint8", "nodata": None}
        with rasterio.open(self.mask, "w", **profile) as dataset:
            dataset.write(usable.astype(np.uint8), 1)

    def select(self, *strategy, **options):
        """Picks by class as (row, column), and the table of rates."""
        picks, rates = select(
            self.image, self.vector, self.statistics, self.folder, *strategy, mask=self.mask, **options
        )
        return {code: self.pixels(*np.transpose(places)) for code, places in picks.items()}, rates

    def pixels(self, x, y):
        col, row = ~self.grid.affine @ (np.asarray(x), np.asarray(y))
        return np.floor(np.column_stack((row, col))).astype(int).tolist()
