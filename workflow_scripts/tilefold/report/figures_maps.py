"""Pictures of maps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from tilefold.report.images import FAINT, INK, new_figure, write_png

#: Longer side of the decimated map that is drawn, in pixels.
LONGEST_SIDE = 1000

#: Longer side of a map's picture and least of the shorter one, in inches.
LARGE, SMALL, NARROWEST = 5.8, 3.6, 1.8
OUTSIDE = (245, 246, 248)


def write_map_picture(mosaic: Path | str, classes: Sequence[Mapping[str, Any]], path: Path | str) -> None:
    """Write a picture of a map with its legend and a scale bar as PNG.

    Parameters
    ----------
    mosaic
        Map of class codes.
    classes
        Each with `code`, `label` and `colour` (red, green, blue, 0 to 255).
    path
        PNG to write.
    """
    write_png(path, map_figure(mosaic, classes, legend=True))


def map_figure(
    mosaic: Path | str,
    classes: Sequence[Mapping[str, Any]],
    *,
    legend: bool,
    title: str = "",
    size: float = LARGE,
) -> Figure:
    """Decimated map in the classes' colours, nearest pixels, with a scale bar.

    Parameters
    ----------
    mosaic
        Map of class codes; read decimated, by its overviews where it has them.
    classes
        Each with `code`, `label` and `colour` (red, green, blue, 0 to 255).
    legend
        Draw the legend of the classes that occur beside the map.
    title
        Heading of the figure.
    size
        Longer side of the map, in inches.
    """
    with rasterio.open(mosaic) as dataset:
        shape = _decimated(dataset)
        labels = dataset.read(1, out_shape=shape, resampling=Resampling.nearest)
        ground = dataset.res[0] * dataset.width
        metric = dataset.crs is not None and dataset.crs.is_projected
    present = [item for item in classes if np.any(labels == item["code"])]
    height, width = (max(NARROWEST, size * side / max(shape)) for side in shape)
    with new_figure(width + (2.2 if legend else 0), height + (0.3 if title else 0)) as figure:
        axes = figure.subplots()
        frame_map(axes, title)
        axes.imshow(colour_image(labels, classes), interpolation="nearest")
        if metric:
            _draw_scale(axes, shape, ground)
        if legend:
            handles = [
                Patch(color=_unit(item["colour"]), label=f"{item['code']}  {item['label']}")
                for item in present
            ]
            figure.legend(handles=handles, loc="outside right upper", fontsize=8.5)
    return figure


def measure_figure(
    raster: Path | str, *, title: str, label: str, scale: float, highest: float = 1.0, size: float = SMALL
) -> Figure:
    """Decimated one-band raster of a measure from 0 on, darker where it is larger, with a bar of its values.

    Parameters
    ----------
    raster
        Raster with a nodata value, drawn pale grey; read decimated, as means.
    title
        Heading of the figure.
    label
        What the values are.
    scale
        The raster's values are the measure times this.
    highest
        Value of the darkest colour.
    size
        Longer side of the map, in inches.
    """
    with rasterio.open(raster) as dataset:
        shape = _decimated(dataset)
        values = dataset.read(1, out_shape=shape, resampling=Resampling.average, masked=True) / scale
        ground = dataset.res[0] * dataset.width
        metric = dataset.crs is not None and dataset.crs.is_projected
    height, width = (max(NARROWEST, size * side / max(shape)) for side in shape)
    with new_figure(width + 1.1, height + 0.3) as figure:
        axes = figure.subplots()
        frame_map(axes, title)
        axes.set_facecolor(_unit(OUTSIDE))
        image = axes.imshow(values, cmap="viridis_r", vmin=0, vmax=highest, interpolation="nearest")
        if metric:
            _draw_scale(axes, shape, ground)
        figure.colorbar(image, label=label, shrink=0.8)
    return figure


def _decimated(dataset: DatasetReader) -> tuple[int, ...]:
    shrink = max(1.0, max(dataset.shape) / LONGEST_SIDE)
    return tuple(max(1, round(side / shrink)) for side in dataset.shape)


def frame_map(axes: Axes, title: str) -> None:
    """Frame a map: a thin line all round, no numbers."""
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)


def colour_image(labels: NDArray[Any], classes: Sequence[Mapping[str, Any]]) -> NDArray[np.uint8]:
    """Class codes (rows, columns) as colours, uint8 (rows, columns, 3); what is no class is pale grey."""
    codes = np.array([item["code"] for item in classes])
    order = np.argsort(codes)
    colours = np.array([*(classes[i]["colour"] for i in order), OUTSIDE], np.uint8)
    codes = codes[order]
    place = np.searchsorted(codes, labels)
    known = codes[np.minimum(place, len(codes) - 1)] == labels
    return colours[np.where(known, place, len(codes))]


def _draw_scale(axes: Axes, shape: tuple[int, ...], ground: float) -> None:
    """Draw a bar of a round length, about a quarter of the map's width."""
    power = 10 ** math.floor(math.log10(ground / 4))
    length = max(step * power for step in (1, 2, 5) if step * power <= ground / 4)
    pixels = length / ground * shape[1]
    left, bottom = 0.03 * shape[1], 0.97 * shape[0]
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "boxstyle": "round,pad=0.25"}
    axes.plot([left, left + pixels], [bottom, bottom], color="white", linewidth=5, solid_capstyle="butt")
    axes.plot([left, left + pixels], [bottom, bottom], color=INK, linewidth=2.5, solid_capstyle="butt")
    axes.text(left, 0.945 * shape[0], words, fontsize=8.5, va="bottom", bbox=box)


def _unit(colour: Sequence[int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255
