"""The field pattern of a scene and what is grown where.

Each cell of a coarse lattice holds at most one seed; a place belongs to the seed that is nearest in the
seed's own measure of distance (a turned, stretched rectangle). That gives fields with straight sides and
many sizes, and any window of the ground can be computed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.windows import Window
from tilefold.simulation import keyed
from tilefold.simulation.classes import CODES, CROP_CODES, EFFECTS, LOCAL_CODE, shares
from tilefold.simulation.dials import Dials
from tilefold.simulation.layout import scene_grid, tile_windows

Floats = NDArray[np.float64]

#: Share of the lattice's cells that hold a seed; the holes make some parcels large.
FILLED = 0.75
#: Cells on each side in which the nearest seed is looked for.
REACH = 3
#: Cells to a side of a block whose parcels lie in one direction.
BLOCK = 6


@dataclass(frozen=True)
class Parcels:
    """All parcels of a scene; parcel i of the arrays has number i in `parcel_map`.

    Attributes
    ----------
    row, col
        Places of the seeds on the scene's lattice, in pixels, (parcels,).
    direction
        Angle of the longer side in radians, (parcels,).
    length, width
        Half sides of the measuring rectangle in pixels, (parcels,).
    class_index
        Index into `classes.CLASSES`, (parcels,).
    effects
        Standard normal effects of whole parcels, (parcels, effects).
    cell
        Number of the parcel in each lattice cell, -1 where there is none, (cell rows, cell columns).
    cell_size
        Side of a lattice cell in pixels.
    """

    row: Floats
    col: Floats
    direction: Floats
    length: Floats
    width: Floats
    class_index: NDArray[np.int64]
    effects: Floats
    cell: NDArray[np.int64]
    cell_size: float


def make_parcels(dials: Dials) -> Parcels:
    """Seeds, classes and effects of all parcels of a scene."""
    scene = scene_grid(dials)
    size = float(np.sqrt(dials.parcel_pixels * FILLED))
    rows = int(np.ceil(scene.height / size)) + 2 * REACH
    cols = int(np.ceil(scene.width / size)) + 2 * REACH
    cell_row, cell_col = np.mgrid[0:rows, 0:cols]

    def draw(what: str, r: NDArray[np.int64] = cell_row, c: NDArray[np.int64] = cell_col) -> Floats:
        return keyed.uniform(keyed.key(dials.seed, "parcels", what), r, c)

    filled = draw("filled") < FILLED
    cell = np.full((rows, cols), -1, np.int64)
    cell[filled] = np.arange(filled.sum())
    stretch = np.sqrt(1.0 + 1.0 * draw("stretch"))[filled]
    extent = (0.7 + 0.6 * draw("extent"))[filled]
    turned = np.pi * draw("block", cell_row // BLOCK, cell_col // BLOCK) + 0.15 * (draw("turn") - 0.5)
    row = ((cell_row - REACH + draw("row")) * size)[filled]
    col = ((cell_col - REACH + draw("col")) * size)[filled]
    return Parcels(
        row=row,
        col=col,
        direction=turned[filled],
        length=extent * stretch,
        width=extent / stretch,
        class_index=_classes(dials, row, col, draw("class")[filled]),
        effects=_effects(dials, row, col, cell_row[filled], cell_col[filled]),
        cell=cell,
        cell_size=size,
    )


def parcel_map(parcels: Parcels, window: Window) -> NDArray[np.int32]:
    """Number of the parcel that each pixel's centre lies in, (rows, columns) of the window."""
    row, col = np.mgrid[window.row_start : window.row_stop, window.col_start : window.col_stop]
    y, x = row + 0.5, col + 0.5
    home_row = (y / parcels.cell_size).astype(np.int64) + REACH
    home_col = (x / parcels.cell_size).astype(np.int64) + REACH
    sine, cosine = np.sin(parcels.direction), np.cos(parcels.direction)
    nearest = np.full(row.shape, np.inf)
    owner = np.full(row.shape, -1, np.int32)
    last_row, last_col = parcels.cell.shape[0] - 1, parcels.cell.shape[1] - 1
    for step_row in range(-REACH, REACH + 1):
        for step_col in range(-REACH, REACH + 1):
            candidate = parcels.cell[
                np.clip(home_row + step_row, 0, last_row), np.clip(home_col + step_col, 0, last_col)
            ]
            down, right = y - parcels.row[candidate], x - parcels.col[candidate]
            along = np.abs(right * cosine[candidate] + down * sine[candidate]) / parcels.length[candidate]
            across = np.abs(down * cosine[candidate] - right * sine[candidate]) / parcels.width[candidate]
            distance = np.where(candidate < 0, np.inf, np.maximum(along, across))
            closer = distance < nearest
            owner[closer] = candidate[closer]
            nearest[closer] = distance[closer]
    return owner


def _classes(dials: Dials, row: Floats, col: Floats, drawn: Floats) -> NDArray[np.int64]:
    """Class of each parcel: shares are met exactly, places are random, the local class in its tile alone."""
    share = shares()
    local = CODES.index(LOCAL_CODE)
    window = tile_windows(dials)[dials.tiles[dials.local_tile]]
    # Seeds so far from the tile's overlaps and rims that no other tile sees a parcel of the class.
    inner = dials.overlap + 2 * np.sqrt(dials.parcel_pixels)
    inside = (
        (row > window.row_start + inner)
        & (row < window.row_stop - inner)
        & (col > window.col_start + inner)
        & (col < window.col_stop - inner)
    )
    order = np.argsort(drawn, kind="stable")
    # The first parcels, in random order, that lie in the local class's tile get that class.
    wanted = round(share[local] * len(drawn))
    chosen = order[inside[order]][:wanted]
    result = np.full(len(drawn), local, np.int64)
    rest = order[~np.isin(order, chosen)]
    share[local] = 0
    limits = np.cumsum(share / share.sum())
    # Other order than before: the rest has had its smallest draws taken out of one tile.
    rest = rest[
        np.argsort(keyed.uniform(keyed.key(dials.seed, "parcels", "class of rest"), rest), kind="stable")
    ]
    result[rest] = np.searchsorted(limits, (np.arange(len(rest)) + 0.5) / len(rest))
    return _sown_anew(dials, result) if dials.years_on else result


def _sown_anew(dials: Dials, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classes of a later year: some fields change crops among themselves, so that shares stay."""
    crops = np.flatnonzero(np.isin(np.array(CODES)[classes], CROP_CODES))
    rng = keyed.generator(dials.year_seed, "crops")
    changing = rng.permutation(crops)[: round(dials.crop_change * len(crops))]
    result = classes.copy()
    result[changing] = classes[rng.permutation(changing)]
    return result


def _effects(
    dials: Dials, row: Floats, col: Floats, cell_row: NDArray[np.int64], cell_col: NDArray[np.int64]
) -> Floats:
    """Standard normal effects of each parcel, part of which neighbours have in common."""
    number = np.arange(len(EFFECTS))
    own = keyed.normal(
        keyed.key(dials.seed, "parcels", "effects"), cell_row[:, None], cell_col[:, None], number
    )
    if dials.spatial_effect == 0:
        return own
    field = _smooth_field(dials, row, col)
    return np.sqrt(1 - dials.spatial_effect) * own + np.sqrt(dials.spatial_effect) * field


def _smooth_field(dials: Dials, row: Floats, col: Floats, waves: int = 96) -> Floats:
    """Smooth random fields of variance 1, one an effect, (places, effects).

    Sums of cosine waves with random directions and phases (Rahimi and Recht, 2007): their covariance is
    Gaussian in the distance, and any place can be computed alone.
    """
    reach = dials.spatial_range * dials.size
    rng = keyed.generator(dials.seed, "spatial")
    field = np.empty((len(row), len(EFFECTS)))
    for effect in range(len(EFFECTS)):
        frequency = rng.standard_normal((2, waves)) / reach
        phase = rng.uniform(0, 2 * np.pi, waves)
        field[:, effect] = np.sqrt(2 / waves) * np.cos(
            np.outer(row, frequency[0]) + np.outer(col, frequency[1]) + phase
        ).sum(axis=1)
    return field
