import geopandas
import numpy as np
import pytest
import shapely

from tilefold.folds.assignment import assign_blocks
from tilefold.folds.split import split_polygons
from tilefold.grids.grid import Grid
from tilefold.grids.ownership import Ownership, footprint_ring
from tilefold.sampling.pools import extract_pool
from tilefold.series.layout import CLEAR_DATES, series_descriptions
from tilefold.storage.rasters import create_raster

CRS = "EPSG:32631"
SIZE, STEP = 60, 50
INPUTS = {
    "s2": {"kind": "series", "bands": ["B4", "B8"], "dates": ["2018-01-01", "2018-01-11", "2018-01-21"]},
    "dem": {"kind": "static", "bands": 1},
}


class World:
    """Four tiles of 60 x 60 px of 10 m, 2 x 2, overlapping by 10 px, with series and reference polygons."""

    def __init__(self, folder):
        self.folder = folder
        self.grids = {
            name: Grid(CRS, (10.0, 0.0, 10.0 * STEP * col, 0.0, -10.0, 2000.0 - 10 * STEP * row), SIZE, SIZE)
            for name, row, col in (("A", 0, 0), ("B", 0, 1), ("C", 1, 0), ("D", 1, 1))
        }
        rings = {name: footprint_ring(grid, CRS) for name, grid in self.grids.items()}
        self.ownership = Ownership(CRS, rings)
        self.values = {}
        for name, grid in self.grids.items():
            self._write_rasters(name, grid)

    def _write_rasters(self, tile, grid):
        rng = np.random.default_rng(ord(tile))
        values = {
            "s2": rng.integers(0, 10000, (6, SIZE, SIZE)).astype(np.int16),
            "dem": rng.normal(300, 20, (1, SIZE, SIZE)).astype(np.float32),
            "clear": rng.integers(0, 5, (1, SIZE, SIZE)).astype(np.uint16),
        }
        values["s2"][:, values["clear"][0] == 0] = -32768
        values["dem"][0, :3] = np.nan
        described = {
            "s2": ("int16", -32768, series_descriptions(INPUTS["s2"]["bands"], INPUTS["s2"]["dates"])),
            "dem": ("float32", float("nan"), ["dem"]),
            "clear": ("uint16", None, [CLEAR_DATES]),
        }
        for name, (dtype, nodata, descriptions) in described.items():
            path = self.raster(tile, name)
            with create_raster(
                path, grid, dtype=dtype, nodata=nodata, descriptions=descriptions, tags={}
            ) as dataset:
                dataset.write(values[name])
        self.values[tile] = values

    def raster(self, tile, name):
        return self.folder / "rasters" / f"{tile}_{name}.tif"

    def path(self, *parts):
        return self.folder.joinpath(*parts)

    @staticmethod
    def value_of(key):
        """Value of the folds' field of an original: four values, and some without."""
        return ["north", "south", "", "east", "west"][int(key[1:]) % 5] if key[1:].isdigit() else ""

    def write_reference(self, rows, name="reference.gpkg"):
        """Write a cleaned reference; each row is (id, code, box in pixels from the upper left of the scene)."""
        rows = sorted(rows)
        ranks = {key: rank for rank, key in enumerate(sorted({row[0] for row in rows}), start=1)}
        frame = geopandas.GeoDataFrame(
            {
                "polygon": np.arange(1, len(rows) + 1, dtype=np.int32),
                "group": np.array([ranks[key] for key, _, _ in rows], np.int32),
                "id": [key for key, _, _ in rows],
                "group_id": [key for key, _, _ in rows],
                "code": np.array([code for _, code, _ in rows], np.int32),
                "fold_value": [self.value_of(key) for key, _, _ in rows],
            },
            geometry=[
                shapely.box(10 * col, 2000 - 10 * (row + height), 10 * (col + width), 2000 - 10 * row)
                for _, _, (col, row, width, height) in rows
            ],
            crs=CRS,
        )
        path = self.path(name)
        frame.to_file(path, layer="reference")
        return path

    def random_rows(self, count=120, seed=0, classes=4):
        """Fields of 2 to 9 px over the whole scene, every tenth of two parts; they may overlap."""
        rng = np.random.default_rng(seed)
        rows = []
        for number in range(count):
            code = int(rng.integers(1, classes + 1))
            for _ in range(2 if number % 10 == 0 else 1):
                place, size = rng.integers(0, 106, 2), rng.integers(2, 10, 2)
                rows.append((f"p{number:03}", code, (*map(int, place), *map(int, size))))
        return rows

    def split(self, reference, seed=0, name="split.parquet", ratio=0.75, **changes):
        settings = {
            "seed": seed,
            "ratio": ratio,
            "validation_ratio": 0.2,
            "imposed": "none",
            "field_values": None,
            "singletons": "learn",
            "fusion_holdout_ratio": 0.0,
            **changes,
            "grids": {tile: grid.to_dict() for tile, grid in self.grids.items()},
            "ownership": self.ownership.to_dict(),
        }
        split_polygons(reference, settings, split=self.path(name))
        return self.path(name)

    def pool(self, reference, tile, folder="pools"):
        settings = {
            "tile": tile,
            "grid": self.grids[tile].to_dict(),
            "ownership": self.ownership.neighbours(tile).to_dict(),
            "inputs": INPUTS,
        }
        pool, index = self.path(folder, f"{tile}.nc"), self.path(folder, f"{tile}_index.parquet")
        extract_pool(
            reference,
            {"s2": self.raster(tile, "s2")},
            {"s2": self.raster(tile, "clear")},
            {"dem": self.raster(tile, "dem")},
            settings,
            pool=pool,
            index=index,
        )
        return pool, index

    def indexes(self, reference, tiles="ABCD", folder="pools"):
        return {tile: self.pool(reference, tile, folder)[1] for tile in tiles}

    def blocks(self, reference, size_m=150.0, number=4):
        """Assign blocks; return the path of the blocks."""
        settings = {
            "size_m": size_m,
            "number": number,
            "grids": {tile: grid.to_dict() for tile, grid in self.grids.items()},
            "ownership": self.ownership.to_dict(),
        }
        assign_blocks(reference, settings, blocks=self.path("blocks.gpkg"), balance=self.path("blocks.csv"))
        return self.path("blocks.gpkg")

    def selection_settings(
        self,
        held_out=(),
        buffer_m=0.0,
        kind="tiles",
        boundary="footprint",
        straddlers="bar",
        size_m=150.0,
        **changes,
    ):
        barring = {"straddlers": straddlers, "buffer_m": buffer_m, "crs": CRS}
        if kind == "tiles":
            barring |= {"boundary": boundary, "ownership": self.ownership.to_dict()}
        return {
            "fold": "without_" + "_".join(held_out) if held_out else "all",
            "seed": 0,
            "held_out": list(held_out),
            "scheme": {"kind": kind, "crs": CRS, "size_m": size_m},
            "training_tiles": [tile for tile in self.grids if tile not in held_out],
            "codes": [1, 2, 3, 4],
            "regions": ["all"],
            "min_clear_dates": 1,
            "strategy": {"name": "constant", "count": 50},
            "prevalence": "sampled",
            "limits": {"min": [None] * 4, "max": [None] * 4},
            "quota": "none",
            "sampler": {"name": "periodic", "offset": 0, "jitter": 0},
            "barring": barring if held_out else None,
            "validation_tile": None,
            **changes,
        }

    def select(self, split, indexes, folder="run", blocks=None, regions=None, names=("all",), **changes):
        """Select, with rasters and names of regions; return the paths of the five tables by name."""
        from tilefold.sampling.selection import select_samples

        settings = self.selection_settings(**changes) | {"regions": list(names)}
        paths = {
            "selection": self.path(folder, "selection.parquet"),
            "rates": self.path(folder, "rates.csv"),
            "samples": self.path(folder, "samples.csv"),
            "roles": self.path(folder, "roles.parquet"),
            "barred": self.path(folder, "barred.csv"),
        }
        chosen = {tile: indexes[tile] for tile in settings["training_tiles"]}
        rasters = {tile: regions[tile] for tile in chosen} if regions else None
        select_samples(split, chosen, settings, blocks=blocks, regions=rasters, **paths)
        return paths


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)
