"""Sensors that are known by name: plain data, nothing is imported.

An entry is what a reader needs to find and read products (`reader`, `product`, `date_format`, `metadata`,
`bands`, `resolutions`, `band_path`, `mask_paths`, `mask_valid`, `nodata`) and what features need (`scale`,
`offset`, `aliases`, `platform`, `features`, `step`). Paths are relative to the product's folder; ``{name}`` is the
name of that folder, ``{band}`` the name of a band.

The reader ``generic`` has no entry: its description comes whole from the configuration, with the keys

- ``band_path``, ``mask_path`` (or None): paths under the sensor's folder with ``{tile}``, ``{date}``, ``{band}``;
- ``date_format``: how the text at the start of ``{date}`` is read;
- ``bands``, ``mask_valid``, ``nodata``, ``scale``, ``offset``, ``aliases``, ``features`` as below.
"""

from __future__ import annotations

from typing import Any

#: Name of a reader to its module, which is imported only for the sensors that are used.
READERS: dict[str, str] = {
    "theia": "tilefold.sensors.theia",
    "generic": "tilefold.sensors.generic",
}

SENSORS: dict[str, dict[str, Any]] = {
    # Sentinel-2 level 2A of the Theia (MUSCATE) distribution: flat reflectance, masks at 10 m.
    "sentinel2": {
        "reader": "theia",
        # SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0
        "product": r"SENTINEL2[A-Z]_(?P<date>[^_-]+)[^_]*_L2A_(?P<tile>[^_]+)_[A-Z]_V[0-9-]+",
        "date_format": "%Y%m%d",
        "metadata": "{name}_MTD_ALL.xml",
        "bands": ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"],
        # Native pixel size in metres.
        "resolutions": {
            "B2": 10,
            "B3": 10,
            "B4": 10,
            "B5": 20,
            "B6": 20,
            "B7": 20,
            "B8": 10,
            "B8A": 20,
            "B11": 20,
            "B12": 20,
        },
        "band_path": "{name}_FRE_{band}.tif",
        # Clouds and shadows, saturation, edge of the swath: any bit set makes a pixel unusable.
        "mask_paths": ["MASKS/{name}_CLM_R1.tif", "MASKS/{name}_SAT_R1.tif", "MASKS/{name}_EDG_R1.tif"],
        "mask_valid": [0],
        "nodata": -10000,
        "scale": 1e-4,
        "offset": 0.0,
        "aliases": {"red": "B4", "nir": "B8", "swir": "B11"},
        # Name under which spyndex lists the instrument's bands, for spectral indices by name.
        "platform": "sentinel2a",
        "features": ["ndvi", "ndwi", "brightness"],
        # Days between two dates of the calendar.
        "step": 10,
    },
}
