"""Counting, selecting and extracting for all folds of four tiles, against Orfeo ToolBox doing it for one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from rounds import interleave
from shapely import affinity
from workload import BANDS, CLASSES, DATES, INPUTS, phenology

from tilefold.folds.database import assemble_samples
from tilefold.folds.split import split_polygons
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.sampling.pools import extract_pool
from tilefold.sampling.selection import select_samples
from tilefold.series.layout import CLEAR_DATES, series_descriptions
from tilefold.storage.rasters import create_raster
from tilefold.storage.tables import read_table

CRS = "EPSG:32631"
#: Rows and columns of a tile, and from one tile to the next: tiles overlap by 32 pixels.
SIZE, STEP = 544, 512
#: Polygons over all tiles, each on a place of its own, and the side of a square one in pixels.
POLYGONS, PLACE, SIDE = 300, 36, 21
ROUNDS = 1


def bench_extraction() -> dict[str, float]:
    """Time of OTB for one run over that of the library for `all` and four folds; one thread each."""
    if shutil.which("otbcli_SampleExtraction") is None:
        print("    SKIPPED extract_vs_otb: no otbcli_SampleExtraction; install otb-bin", flush=True)
        return {}
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder))
        times = interleave({"library, five runs": scene.library, "OTB, one run": scene.otb}, ROUNDS)
        taken, extracted = scene.samples()
    print(f"    samples of the run all: library {taken:,}, OTB {extracted:,}", flush=True)
    return {"extract_vs_otb": times["OTB, one run"].best / times["library, five runs"].best}


class Scene:
    """Series of four tiles, a reference with its split, and both ways from there to samples with values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grids = {
            name: Grid(
                CRS,
                (10.0, 0.0, 300000.0 + 10 * STEP * col, 0.0, -10.0, 4900000.0 - 10 * STEP * row),
                SIZE,
                SIZE,
            )
            for name, row, col in (("A", 0, 0), ("B", 0, 1), ("C", 1, 0), ("D", 1, 1))
        }
        self.ownership = Ownership(
            CRS, {name: footprint_ring(grid, CRS) for name, grid in self.grids.items()}
        )
        for number, (tile, grid) in enumerate(self.grids.items()):
            self._write_series(tile, grid, number)
        self.reference = folder / "reference.gpkg"
        features = _fields()
        features.to_file(self.reference, layer="reference")
        self.split = folder / "split.parquet"
        grids = {tile: grid.to_dict() for tile, grid in self.grids.items()}
        ratios = {"seed": 0, "ratio": 0.75, "validation_ratio": 0.2, "imposed": "none", "field_values": None}
        ratios |= {"singletons": "learn", "fusion_holdout_ratio": 0.0, "regions": []}
        split_polygons(
            self.reference,
            {**ratios, "grids": grids, "ownership": self.ownership.to_dict()},
            split=self.split,
        )
        roles = read_table(self.split).set_index("polygon")["role"]
        training = features[features["polygon"].map(roles).isin(["learn", "validation"])]
        training[["code", "geometry"]].to_file(folder / "training.shp")

    def _write_series(self, tile: str, grid: Grid, seed: int) -> None:
        values = phenology(np.random.default_rng(seed), 10 * np.arange(len(DATES)), SIZE * SIZE)
        rasters = {
            "series": (values.reshape(-1, SIZE, SIZE), "int16", -32768, series_descriptions(BANDS, DATES)),
            "clear": (np.full((1, SIZE, SIZE), 9, np.uint16), "uint16", None, [CLEAR_DATES]),
        }
        for name, (content, dtype, nodata, descriptions) in rasters.items():
            with create_raster(
                self.folder / f"{tile}_{name}.tif",
                grid,
                dtype=dtype,
                nodata=nodata,
                descriptions=descriptions,
                tags={},
            ) as dataset:
                dataset.write(content)

    def library(self) -> None:
        """Pools of all tiles; selection and sample database of each run."""
        for tile in self.grids:
            self._extract(tile)
        for held_out in ([], *([tile] for tile in self.grids)):
            self._select(held_out)

    def _extract(self, tile: str) -> None:
        settings = {
            "tile": tile,
            "grid": self.grids[tile].to_dict(),
            "ownership": self.ownership.neighbours(tile).to_dict(),
            "inputs": INPUTS,
        }
        extract_pool(
            self.reference,
            {"sentinel2": self.folder / f"{tile}_series.tif"},
            {"sentinel2": self.folder / f"{tile}_clear.tif"},
            {},
            settings,
            pool=self.folder / f"{tile}.nc",
            index=self.folder / f"{tile}.parquet",
        )

    def _select(self, held_out: list[str]) -> None:
        run = self.folder / ("all" if not held_out else f"without_{held_out[0]}")
        tiles = [tile for tile in self.grids if tile not in held_out]
        indexes = {tile: self.folder / f"{tile}.parquet" for tile in tiles}
        none = [None] * len(CLASSES)
        shared: dict[str, Any] = {"fold": run.name, "seed": 0, "held_out": held_out, "codes": CLASSES}
        area = {"boundary": "footprint", "straddlers": "bar", "buffer_m": 0.0, "crs": CRS}
        barring = {**area, "ownership": self.ownership.restricted(held_out).to_dict()}
        settings = {
            **shared,
            "regions": ["all"],
            "min_clear_dates": 1,
            "strategy": {"name": "all"},
            "prevalence": "sampled",
            "limits": {"min": none, "max": none},
            "quota": "none",
            "sampler": None,
            "scheme": {"kind": "tiles"},
            "barring": barring if held_out else None,
            "validation_tile": None,
        }
        select_samples(
            self.split,
            indexes,
            settings,
            selection=run / "selection.parquet",
            roles=run / "roles.parquet",
            **{name: run / f"{name}.csv" for name in ("rates", "samples", "barred")},
        )
        assemble_samples(
            {tile: self.folder / f"{tile}.nc" for tile in tiles},
            run / "selection.parquet",
            {**shared, "region": "all", "inputs": INPUTS},
            samples=run / "samples.nc",
            statistics=run / "statistics.json",
        )

    def otb(self) -> None:
        """Samples of each tile with all polygons that train."""
        for tile in self.grids:
            image, statistics = self.folder / f"{tile}_series.tif", self.folder / f"{tile}.xml"
            points, values = self.folder / f"{tile}_points.shp", self.folder / f"{tile}.sqlite"
            data = ("-in", image, "-vec", self.folder / "training.shp", "-field", "code")
            values.unlink(missing_ok=True)
            _run("PolygonClassStatistics", *data, "-out", statistics)
            _run("SampleSelection", *data, "-instats", statistics, "-strategy", "all", "-out", points)
            _run("SampleExtraction", "-in", image, "-vec", points, "-field", "code", "-out", values)

    def samples(self) -> tuple[int, int]:
        """Samples of the run `all`, and OTB's; these hold pixels of overlaps several times."""
        tables = [geopandas.read_file(self.folder / f"{tile}_points.shp") for tile in self.grids]
        return len(read_table(self.folder / "all" / "selection.parquet")), len(pd.concat(tables))


def _run(application: str, *arguments: object) -> None:
    environment = {**os.environ, "OTB_LOGGER_LEVEL": "ERROR", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1"}
    command = [f"otbcli_{application}", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def _fields() -> geopandas.GeoDataFrame:
    """Rectangles at random angles that do not overlap."""
    rng = np.random.default_rng(0)
    places = (SIZE + STEP) // PLACE
    chosen = np.sort(rng.choice(places * places, POLYGONS, replace=False))
    shapes = []
    for place, angle in zip(chosen, rng.uniform(0, 90, POLYGONS), strict=True):
        x, y = 300000 + 10 * PLACE * (place % places + 0.5), 4900000 - 10 * PLACE * (place // places + 0.5)
        half = 5 * SIDE
        shapes.append(affinity.rotate(shapely.box(x - half, y - half, x + half, y + half), angle))
    number = np.arange(1, POLYGONS + 1, dtype=np.int32)
    columns = {
        "polygon": number,
        "group": number,
        "id": [f"p{value:03}" for value in number],
        "group_id": [f"p{value:03}" for value in number],
        "fold_value": "",
        "code": rng.choice(CLASSES, POLYGONS).astype(np.int32),
    }
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=CRS)
