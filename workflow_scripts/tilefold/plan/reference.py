"""What the configuration says of the reference data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyproj import CRS

from tilefold.config.model import Config
from tilefold.grids.grid import Grid
from tilefold.ground_truth.reading import check_reference, holds_text
from tilefold.ground_truth.shapes import EQUATORIAL_RADIUS

#: Files beside a shapefile that hold part of it: classes and CRS change in these alone.
SHAPEFILE_PARTS = (".dbf", ".prj")


def reference_fields(config: Config) -> dict[str, str | None]:
    """Fields of the reference data by purpose, None where there is none."""
    reference = config.reference
    return {
        "id": reference.id_field,
        "group": reference.group_field,
        "split": reference.split_field,
        "fold": config.folds.field if config.folds.scheme == "field" else None,
    }


def reference_inputs(config: Config) -> dict[str, str | list[str]]:
    """Files that cleaning reads, by name: `source`, `test` if there is one, and `parts` of shapefiles."""
    reference = config.reference
    files: dict[str, str | list[str]] = {"source": reference.path}
    if reference.test_path is not None:
        files["test"] = reference.test_path
    parts = [part for path in (reference.path, reference.test_path) if path for part in _parts(path)]
    return {**files, "parts": parts} if parts else files


def _parts(path: str) -> list[str]:
    if Path(path).suffix.lower() != ".shp":
        return []
    beside = (Path(path).with_suffix(suffix) for suffix in SHAPEFILE_PARTS)
    return [str(file) for file in beside if file.is_file()]


def reference_faults(config: Config) -> list[str]:
    """What is wrong with the headers of the reference data."""
    reference = config.reference
    fields = reference_fields(config)
    files = [("reference.path", reference.path, reference.layer, fields)]
    if reference.test_path is not None:
        without_split = {purpose: field for purpose, field in fields.items() if purpose != "split"}
        files.append(("reference.test_path", reference.test_path, reference.test_layer, without_split))
    faults: list[str] = []
    for key, path, layer, wanted in files:
        if Path(path).exists():
            faults += check_reference(path, layer, reference.class_field, wanted, reference.crs)
        else:
            faults.append(f"{key}: no file {path}")
    if reference.test_layer is not None and reference.test_path is None:
        faults.append("reference.test_layer: there is no reference.test_path; remove it or give the file")
    return faults


def classes_are_text(config: Config) -> bool:
    """Whether a class field of the reference data holds text, which may be labels."""
    reference = config.reference
    files = [(reference.path, reference.layer), (reference.test_path, reference.test_layer)]
    return any(holds_text(path, layer, reference.class_field) for path, layer in files if path is not None)


def nominal_pixel(grids: Iterable[Grid]) -> list[float]:
    """Width and height in metres of the smallest pixel; of a geographic grid, at the equator.

    It does not depend on where tiles lie, so that one more tile does not change it.
    """
    kinds = {(grid.crs, grid.resolution) for grid in grids}
    sizes = [[round(side * _metres(crs), 6) for side in resolution] for crs, resolution in kinds]
    return min(sizes, key=lambda size: (size[0] * size[1], size))


def _metres(crs: str) -> float:
    system = CRS.from_user_input(crs)
    unit = float(system.axis_info[0].unit_conversion_factor)
    return unit * EQUATORIAL_RADIUS if system.is_geographic else unit
