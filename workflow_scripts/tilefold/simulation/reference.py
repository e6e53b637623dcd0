"""The reference polygons that somebody could have collected in a scene, before they are spoilt by faults."""

from __future__ import annotations

import json
from dataclasses import dataclass

import geopandas
import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from tilefold.grids.windows import whole
from tilefold.simulation import keyed
from tilefold.simulation.classes import CLASSES, CODES, LOCAL_CODE, RARE_CODE
from tilefold.simulation.dials import Dials
from tilefold.simulation.layout import lattice_places, scene_grid
from tilefold.simulation.parcels import Parcels, parcel_map

Integers = NDArray[np.int64]

#: Fewest pixels of a parcel, without its rim, that are worth a polygon.
FEWEST_PIXELS = 4
#: How much the pixels' stairs are smoothed away, in metres.
SMOOTHING = 6.0


@dataclass(frozen=True)
class Reference:
    """Polygons without faults.

    Attributes
    ----------
    features
        Columns id, code (as written, so with label noise), true_code, geometry; one row a parcel.
    core
        Row of `features` plus 1 at the pixels that a polygon was made of, 0 elsewhere, on the scene's grid.
    """

    features: geopandas.GeoDataFrame
    core: NDArray[np.int32]


def make_reference(dials: Dials, parcels: Parcels) -> Reference:
    """Choose parcels and outline them without their rims.

    A class gets `reference_share` of its parcels, at least `reference_minimum` where there are so many, the
    rare class at most `rare_polygons`; large parcels are preferred by `size_bias`.
    """
    scene = scene_grid(dials)
    owner = parcel_map(parcels, whole(scene.height, scene.width))
    parts, part_parcel, part_pixels = _cores(owner)
    barred = _parts_in_tiles(dials, parts, dials.tiles_without_reference)
    possible = (part_pixels >= FEWEST_PIXELS) & ~barred
    chosen = _choose(dials, parcels.class_index[part_parcel], part_pixels, possible, part_parcel)
    number = np.zeros(len(part_parcel) + 1, np.int32)
    number[1 + chosen] = np.arange(1, len(chosen) + 1)
    core = number[parts]
    true_index = parcels.class_index[part_parcel[chosen]]
    true_code = np.array(CODES)[true_index]
    features = geopandas.GeoDataFrame(
        {
            "id": [f"R{parcel:06d}" for parcel in part_parcel[chosen].tolist()],
            "code": _mislabel(dials, true_code, part_parcel[chosen]),
            "true_code": true_code,
        },
        geometry=_outlines(core, dials),
        crs=dials.crs,
    )
    return Reference(features, core)


def label_of(code: int) -> str:
    """Label of a code; empty for a code that is not in the nomenclature."""
    return CLASSES[CODES.index(code)].label if code in CODES else ""


def _cores(owner: NDArray[np.int32]) -> tuple[NDArray[np.int32], Integers, Integers]:
    """Largest connected part of each parcel without its rim.

    Returns
    -------
    parts, part_parcel, part_pixels
        Number of the part plus 1 at each pixel, 0 elsewhere; parcel and pixels of each part.
    """
    pure = ndimage.minimum_filter(owner, 3) == ndimage.maximum_filter(owner, 3)
    # Two parcels' cores never touch, since a core's pixel has neighbours of its own parcel only.
    labels, found = ndimage.label(pure)
    pixels = np.bincount(labels.ravel(), minlength=found + 1)[1:]
    parcel = np.zeros(found, np.int64)
    parcel[labels[pure] - 1] = owner[pure]
    order = np.lexsort((np.arange(found), -pixels, parcel))
    first = np.ones(found, bool)
    first[1:] = np.diff(parcel[order]) != 0
    largest = np.sort(order[first])
    number = np.zeros(found + 1, np.int32)
    number[1 + largest] = np.arange(1, len(largest) + 1)
    return number[labels], parcel[largest], pixels[largest]


def _parts_in_tiles(dials: Dials, parts: NDArray[np.int32], tiles: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which parts have a pixel in one of these tiles."""
    inside = np.zeros(int(parts.max()) + 1, bool)
    for tile in tiles:
        inside[np.unique(at_places(parts, *lattice_places(dials, tile)))] = True
    return inside[1:]


def at_places(numbers: NDArray[np.int32], row: Integers, col: Integers) -> NDArray[np.int32]:
    """Values of the scene's grid at rows and columns of its lattice, 0 beyond it."""
    inside = (row >= 0) & (row < numbers.shape[0]) & (col >= 0) & (col < numbers.shape[1])
    found = np.zeros(row.shape, np.int32)
    found[inside] = numbers[row[inside], col[inside]]
    return found


def _choose(
    dials: Dials, class_index: Integers, pixels: Integers, possible: NDArray[np.bool_], parcel: Integers
) -> Integers:
    """Parts that become polygons, in ascending order.

    Weighted sampling without replacement (Efraimidis and Spirakis, 2006): the smallest of exponential
    numbers divided by the weights.
    """
    drawn = keyed.uniform(keyed.key(dials.seed, "reference", "chosen"), parcel)
    rank = -np.log(drawn) / pixels.astype(np.float64) ** dials.size_bias
    chosen = []
    for index, look in enumerate(CLASSES):
        members = np.flatnonzero(possible & (class_index == index))
        wanted = max(round(dials.reference_share * len(members)), min(dials.reference_minimum, len(members)))
        if look.code == RARE_CODE:
            wanted = min(dials.rare_polygons, len(members))
        chosen.append(members[np.argsort(rank[members], kind="stable")][:wanted])
    return np.sort(np.concatenate(chosen))


def _mislabel(dials: Dials, code: Integers, parcel: Integers) -> Integers:
    """Give some polygons another class's code; the rare and the local class stay out of it on both sides."""
    usual = np.array([c for c in CODES if c not in (RARE_CODE, LOCAL_CODE)])
    stream = keyed.key(dials.seed, "reference", "mislabelled")
    eligible = np.flatnonzero(np.isin(code, usual))
    order = np.argsort(keyed.uniform(stream, parcel[eligible]), kind="stable")
    wrong = eligible[order][: round(dials.label_noise * len(code))]
    step = 1 + (keyed.uniform(stream + 1, parcel[wrong]) * (len(usual) - 1)).astype(np.int64)
    written = code.copy()
    written[wrong] = usual[(np.searchsorted(usual, code[wrong]) + step) % len(usual)]
    return written


def _outlines(core: NDArray[np.int32], dials: Dials) -> NDArray[np.object_]:
    """Outline of each numbered core, smoothed a little, in the order of the numbers."""
    affine = scene_grid(dials).affine
    shapes = list(rasterio.features.shapes(core, mask=core > 0, connectivity=4, transform=affine))
    outlines = shapely.from_geojson([json.dumps(shape) for shape, _ in shapes])
    number = np.array([int(value) for _, value in shapes])
    result = np.empty(len(shapes), object)
    result[number - 1] = shapely.normalize(shapely.simplify(outlines, SMOOTHING))
    return result
