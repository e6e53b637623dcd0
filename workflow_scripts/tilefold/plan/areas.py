"""Areas that folds hold out, and what their folds are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pyproj import CRS

from tilefold.config.design import Folds
from tilefold.config.model import Config
from tilefold.folds.areas import BLOCKS, FIELD, TILES
from tilefold.ground_truth.features import field_values as values_of
from tilefold.plan.grouping import listed
from tilefold.plan.reference import reference_faults

#: Values of a field that make folds at most: each is a run, with a training.
MOST_VALUES = 100


@dataclass(frozen=True)
class Area:
    """A held-out area: the name of its fold, and the cells of the scheme that it is made of."""

    fold: str
    cells: tuple[str, ...]


def scheme_kind(folds: Folds) -> str:
    """What cuts the reference into cells: tiles (also where nothing is held out), blocks or a field."""
    return {"blocks": BLOCKS, "field": FIELD}.get(str(folds.scheme), TILES)


def held_out_areas(folds: Folds, train: Sequence[str], values: Sequence[str] = ()) -> list[Area]:
    """Areas held out, one a fold, in the order of the config; none for the scheme `none`.

    Parameters
    ----------
    folds
        Section of the config.
    train
        Training tiles.
    values
        Values of the field that are held out, for the scheme `field`.
    """
    if folds.scheme == "none":
        return []
    if folds.scheme == "blocks":
        return [Area(f"without_blocks_{number}", (str(number),)) for number in range(1, folds.number + 1)]
    if folds.scheme == "field":
        return [Area(f"without_{file_name(value)}", (value,)) for value in values]
    groups = train if folds.scheme == "leave_one_tile_out" else folds.scheme
    areas = [(group,) if isinstance(group, str) else tuple(sorted(group)) for group in groups]
    return [Area("without_" + "_".join(tiles), tiles) for tiles in areas]


def file_name(value: str) -> str:
    """A value as a part of a file's name: accents dropped, what is no letter or digit an underscore."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")


def field_values(config: Config) -> tuple[list[str], list[str]]:
    """Values of the reference's field that are held out, sorted, and faults; none for other schemes.

    One column of the reference is read, without geometries. A reference that cannot be read has its fault elsewhere.
    """
    folds, reference = config.folds, config.reference
    if folds.scheme != "field" or folds.field is None or reference_faults(config):
        return [], []
    files = [(reference.path, reference.layer)]
    if reference.test_path is not None:
        files.append((reference.test_path, reference.test_layer))
    found = sorted({value for file in files for value in values_of(*file, folds.field)})
    return value_faults(folds, found)


def value_faults(folds: Folds, found: Sequence[str]) -> tuple[list[str], list[str]]:
    """Values that are held out, sorted, of those `found` in the field, and what is wrong with them."""
    if not found:
        return [], [f"folds.field: no polygon has a value in {folds.field}; give a field with values"]
    chosen = list(found) if folds.values is None else sorted({str(value) for value in folds.values})
    return chosen, _value_faults(str(folds.field), found, chosen)


def _value_faults(field: str, found: Sequence[str], chosen: Sequence[str]) -> list[str]:
    unknown = sorted(set(chosen) - set(found))
    if unknown:
        return [f"folds.values: no polygon has {listed(unknown)} in {field}; it has {listed(found)}"]
    if len(chosen) > MOST_VALUES:
        return [
            f"folds.field: {field} has {len(chosen)} values, and each would be a fold with a training; at most "
            f"{MOST_VALUES} are taken: group them in another field, or name some in folds.values"
        ]
    by_name: dict[str, list[str]] = {}
    for value in chosen:
        by_name.setdefault(file_name(value), []).append(value)
    faults = [
        f"folds.field: {field} has values that would be one name {name!r} of a fold: {listed(values)}; "
        "rename them, or name some in folds.values"
        for name, values in by_name.items()
        if name and len(values) > 1
    ]
    nameless = by_name.get("", [])
    if nameless:
        faults.append(
            f"folds.field: {listed(nameless)} in {field} have no letter or digit that the name of a fold can "
            "hold (a to z, 0 to 9); code them in another field"
        )
    return faults


def fold_faults(folds: Folds, train: Sequence[str]) -> list[str]:
    """What is wrong with the folds, given the training tiles."""
    faults = _key_faults(folds)
    if scheme_kind(folds) != TILES:
        return faults
    areas = [area.cells for area in held_out_areas(folds, train)]
    faults += [
        f"folds.scheme: {tile} is held out but is no training tile; training tiles are {', '.join(train)}"
        for area in areas
        for tile in area
        if tile not in train
    ]
    faults += [
        f"folds.scheme: holding out {', '.join(area)} leaves no tile to train on; hold out fewer tiles"
        for area in areas
        if set(area) >= set(train)
    ]
    if len(set(areas)) != len(areas):
        faults.append("folds.scheme: the same area is held out twice; name each area once")
    faults += ["folds.scheme: an empty group of tiles; remove it" for area in areas if not area]
    return faults


def _key_faults(folds: Folds) -> list[str]:
    """Keys that are missing, and keys that the scheme has no use for."""
    faults = []
    for key, kind in (("block_size_m", BLOCKS), ("field", FIELD)):
        if scheme_kind(folds) == kind and getattr(folds, key) is None:
            faults.append(f"folds.{key}: missing, which the scheme {folds.scheme} needs")
    for key, kind in (("block_size_m", BLOCKS), ("field", FIELD), ("values", FIELD)):
        given = getattr(folds, key)
        if scheme_kind(folds) != kind and given is not None:
            faults.append(
                f"folds.{key}: found {given}, which the scheme {folds.scheme} has no use for; remove it, or set "
                f"folds.scheme to {kind}"
            )
    if folds.straddlers == "clip" and not folds.buffer_m:
        faults.append(
            "folds.straddlers: found clip with folds.buffer_m 0, which would train and test on neighbouring "
            "pixels of one polygon; give a buffer_m in metres"
        )
    return faults


def length_faults(folds: Folds, crs: str, resampled_m: float | None = None) -> list[str]:
    """Lengths in metres that the common CRS cannot measure; `resampled_m` is the side of resampled blocks."""
    if not crs or not CRS.from_user_input(crs).is_geographic:
        return []
    lengths = {"folds.buffer_m": folds.buffer_m, "folds.block_size_m": folds.block_size_m}
    lengths["validation.bootstrap.block_m"] = resampled_m
    return [
        f"{key}: found {length:g}, but {crs} is in degrees; set output_crs to one in metres"
        for key, length in lengths.items()
        if length
    ]
