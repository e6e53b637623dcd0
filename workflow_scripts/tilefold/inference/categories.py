"""Names of the classes where GDAL looks for them: in a file beside the raster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tilefold.storage.whole import write_text

#: What GDAL adds to a raster's name for what it keeps beside it (PAM, persistent auxiliary metadata).
SUFFIX = ".aux.xml"


def write_categories(path: Path | str, classes: Sequence[Mapping[str, Any]]) -> None:
    """Write the category names of a one-band raster as GDAL's GeoTIFF driver keeps them.

    A GeoTIFF has no place for them. Other programs of GDAL may add statistics to the file.

    Parameters
    ----------
    path
        To write: the raster's name with `SUFFIX`.
    classes
        `code` and `label` of each class. The list of names starts at value 0; values that are no code have an empty
        one.
    """
    labels = {item["code"]: item["label"] for item in classes}
    root = ElementTree.Element("PAMDataset")
    names = ElementTree.SubElement(ElementTree.SubElement(root, "PAMRasterBand", band="1"), "CategoryNames")
    for value in range(max(labels) + 1):
        ElementTree.SubElement(names, "Category").text = labels.get(value, "")
    ElementTree.indent(root, " ")
    write_text(path, ElementTree.tostring(root, encoding="unicode") + "\n")
