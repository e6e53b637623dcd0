"""What lies beside the maps of a run, so that other programs know what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pystac
import rasterio
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds, transform_geom
from shapely.geometry import box, mapping

from tilefold.inference.categories import write_categories
from tilefold.storage.metadata import kept_tags, provenance
from tilefold.storage.rasters import band_type, crs_text
from tilefold.storage.whole import write_json, write_text

CLASSIFICATION = "classification"
EXTENSIONS = [
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
]
#: Points on each side of the footprint, since a side that is straight in the map's projection is bent in degrees.
POINTS_ON_SIDE = 10


def describe_map(
    maps: Mapping[str, Path | str],
    settings: Mapping[str, Any],
    *,
    style: Path | str,
    item: Path | str,
    categories: Path | str,
) -> None:
    """Write the style and the categories of the classification, and the item of all maps of a run.

    Parameters
    ----------
    maps
        Mosaic of each product; one is the classification. They lie in one folder with what is written.
    settings
        `fold`, `seed`, `classes` (`code`, `label`, `colour`: red, green, blue), `start` and `end` (ISO dates between
        which the images were taken).
    style
        To write: QGIS style (.qml); QGIS loads it with the map of the same name.
    item
        To write: STAC 1.1 item with one asset a product, links relative to it; no clock.
    categories
        To write: GDAL's names of the classes, see `write_categories`.
    """
    write_categories(categories, settings["classes"])
    write_text(style, qgis_style(settings["classes"]))
    write_json(item, stac_item(maps, settings, Path(style).name))


def qgis_style(classes: Sequence[Mapping[str, Any]]) -> str:
    """QGIS style of a one-band raster of class codes: a paletted renderer with the classes' colours and labels."""
    root = ElementTree.Element("qgis", version="3.22", styleCategories="AllStyleCategories")
    pipe = ElementTree.SubElement(root, "pipe")
    renderer = ElementTree.SubElement(
        pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1", nodataColor=""
    )
    palette = ElementTree.SubElement(renderer, "colorPalette")
    for entry in classes:
        ElementTree.SubElement(
            palette,
            "paletteEntry",
            value=str(entry["code"]),
            color=f"#{_hex(entry)}",
            alpha="255",
            label=entry["label"],
        )
    ElementTree.SubElement(root, "blendMode").text = "0"
    ElementTree.indent(root, " ")
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + ElementTree.tostring(root, encoding="unicode") + "\n"


def stac_item(maps: Mapping[str, Path | str], settings: Mapping[str, Any], style: str) -> dict[str, Any]:
    """STAC item of the maps of a run, as plain data; see `describe_map`."""
    with rasterio.open(maps[CLASSIFICATION]) as raster:
        footprint = box(*raster.bounds).segmentize(
            max(raster.width, raster.height) * raster.res[0] / POINTS_ON_SIDE
        )
        item = pystac.Item(
            id=f"{settings['fold']}_seed_{settings['seed']}",
            geometry=transform_geom(raster.crs, "EPSG:4326", mapping(footprint), precision=7),
            bbox=[round(value, 7) for value in transform_bounds(raster.crs, "EPSG:4326", *raster.bounds)],
            datetime=None,
            start_datetime=_midnight(settings["start"]),
            end_datetime=_midnight(settings["end"]).replace(hour=23, minute=59, second=59),
            properties={**_projection(raster), **kept_tags(raster.tags()), **provenance(settings)},
            stac_extensions=list(EXTENSIONS),
        )
    for product, path in maps.items():
        item.add_asset(product, _asset(path, settings["classes"] if product == CLASSIFICATION else None))
    item.add_asset(
        "style", pystac.Asset(f"./{style}", "QGIS style", media_type="application/xml", roles=["style"])
    )
    content: dict[str, Any] = item.to_dict(include_self_link=False, transform_hrefs=False)
    return content


def _asset(path: Path | str, classes: Sequence[Mapping[str, Any]] | None) -> pystac.Asset:
    with rasterio.open(path) as raster:
        fields: dict[str, Any] = {
            "data_type": band_type(raster),
            "nodata": "nan" if raster.nodata is not None and isnan(raster.nodata) else raster.nodata,
            "bands": [{"name": name} for name in raster.descriptions],
        }
    if classes:
        fields["classification:classes"] = [
            {
                "value": entry["code"],
                "name": f"class_{entry['code']}",
                "title": entry["label"],
                "color_hint": _hex(entry).upper(),
            }
            for entry in classes
        ]
    name = Path(path)
    return pystac.Asset(
        f"./{name.name}", name.stem, media_type=pystac.MediaType.COG, roles=["data"], extra_fields=fields
    )


def _projection(raster: DatasetReader) -> dict[str, Any]:
    """Fields of the projection extension; WKT where the CRS has no code."""
    text = crs_text(raster.crs)
    crs = {"proj:code": text} if text.startswith("EPSG:") else {"proj:code": None, "proj:wkt2": text}
    return {**crs, "proj:shape": list(raster.shape), "proj:transform": list(raster.transform)[:6]}


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _hex(entry: Mapping[str, Any]) -> str:
    return "".join(f"{value:02x}" for value in entry["colour"])
