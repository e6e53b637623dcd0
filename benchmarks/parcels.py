"""Parcels wall to wall over four whole Sentinel-2 tiles, with the faults that reference data have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tilefold.grids.grid import Grid

CRS = "EPSG:32631"
LEFT, TOP = 300_000.0, 5_000_000.0
#: Side and spacing of tiles, in metres; pixels are of 10 m.
TILE_SIDE, TILE_SPACING = 109_800.0, 100_000.0
CLASSES = 20
#: Share of parcels with each fault.
SHARES = {
    "duplicate": 0.01,
    "contradiction": 0.005,
    "bow tie": 0.01,
    "shifted": 0.02,
    "multi-part": 0.005,
    "unknown class": 0.005,
    "null": 0.001,
}


def tile_grids() -> dict[str, Grid]:
    """Four tiles that overlap as Sentinel-2's do."""
    size = round(TILE_SIDE / 10)
    return {
        f"T{row}{col}": Grid(
            CRS,
            (10.0, 0.0, LEFT + col * TILE_SPACING, 0.0, -10.0, TOP - row * TILE_SPACING),
            size,
            size,
        )
        for row in range(2)
        for col in range(2)
    }


def write_parcels(path: Path, side: int, seed: int) -> None:
    """Write side x side parcels with twelve corners each, which share their borders, and spoil some."""
    rng = np.random.default_rng(seed)
    shapes = shapely.polygons(_corners(side, rng).reshape(-1, 12, 2))
    frame = geopandas.GeoDataFrame(
        {"code": rng.integers(1, CLASSES + 1, len(shapes)).astype(object)}, geometry=shapes, crs=CRS
    )
    _spoil(frame, rng)
    frame["code"] = frame["code"].astype(str)
    frame.iloc[rng.permutation(len(frame))].to_file(path, engine="pyogrio", geometry_type="Unknown")


def _corners(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Corners of parcels, (side, side, 12, 2): nodes of a shaken lattice with two points on each border."""
    cell = (TILE_SPACING + TILE_SIDE) / side
    steps = np.arange(side + 1) * cell
    x, y = np.meshgrid(LEFT + steps, TOP - steps)
    nodes = np.stack((x, y), -1) + rng.uniform(-cell / 5, cell / 5, (side + 1, side + 1, 2))

    def between(start: NDArray[np.float64], stop: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.array([1 / 3, 2 / 3])[:, None]
        points = start[..., None, :] * (1 - at) + stop[..., None, :] * at
        return points + rng.uniform(-cell / 20, cell / 20, points.shape)

    along, down = between(nodes[:, :-1], nodes[:, 1:]), between(nodes[:-1], nodes[1:])
    return np.concatenate(
        [
            *(nodes[:-1, :-1, None], along[:-1]),
            *(nodes[:-1, 1:, None], down[:, 1:]),
            *(nodes[1:, 1:, None], along[1:, :, ::-1]),
            *(nodes[1:, :-1, None], down[:, :-1, ::-1]),
        ],
        axis=2,
    )


def _spoil(frame: geopandas.GeoDataFrame, rng: np.random.Generator) -> None:
    order = rng.permutation(len(frame))
    limits = np.cumsum([round(share * len(frame)) for share in SHARES.values()])
    rows: dict[str, Any] = dict(zip(SHARES, np.split(order, limits)[:-1], strict=True))
    shapes = frame.geometry.to_numpy().copy()
    sound = order[limits[-1] :]
    for fault in ("duplicate", "contradiction"):
        shapes[rows[fault]] = shapes[sound[: len(rows[fault])]]
        sound = sound[len(rows[fault]) :]
    frame.loc[rows["duplicate"], "code"] = frame["code"].to_numpy()[order[limits[-1] :]][
        : len(rows["duplicate"])
    ]
    shapes[rows["bow tie"]] = [
        shapely.Polygon(np.asarray(shape.exterior.coords)[[0, 6, 3, 9]]) for shape in shapes[rows["bow tie"]]
    ]
    shapes[rows["shifted"]] = shapely.transform(shapes[rows["shifted"]], lambda points: points + 30.0)
    shapes[rows["multi-part"]] = [
        shapely.MultiPolygon([shape, shapely.transform(shape, lambda points: points + 1e6)])
        for shape in shapes[rows["multi-part"]]
    ]
    shapes[rows["null"]] = None
    frame.loc[rows["unknown class"], "code"] = pd.NA
    frame["code"] = frame["code"].where(frame["code"].notna(), "fallow")
    frame.geometry = shapes
