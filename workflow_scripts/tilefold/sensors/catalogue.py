"""Sensors that are known by name: plain data, nothing is imported.

What a reader needs to find and read products:

- `reader`: one of `READERS`;
- `product`: regular expression of products' names with the groups `date` and, where names tell it, `tile`;
  `date_format`: how the date begins;
- `stamped`: the file that stands for a product, without which it is incomplete;
- `bands` in their order, `extra_bands` that the configuration may add, `resolutions` of all of them in metres;
- `band_path`: path of a band's file; `indexes`: number of each band in it where it holds several;
- `platforms`: regular expression of a name's beginning to the names of bands in paths, where platforms differ;
- `masks`, each with its path and the values that make a pixel usable, see `tilefold.sensors.product.MaskRule`;
- `nodata`; `same_bits`: whether files of unsigned integers may hold the bits of a negative nodata;
- `shift`: what is added to a file's numbers to get stored values;
- `resampling` of bands: ``cubic``, ``bilinear`` or ``nearest``.

Paths are relative to the product's folder; ``{name}`` is the name of that folder, ``{band}`` that of a band, and
other words in braces are groups of `product`.

What features and calendars need: `scale` and `offset` (physical value = stored value * scale + offset),
`aliases` (which band is `coastal`, `blue`, `green`, `red`, `rededge1` to `rededge3`, `nir`, `nir2`, `swir1`,
`swir2`, `vv`, `vh`; `swir` is the one of NDWI), `features`, and `step`, the days between two dates.

The reader ``generic`` has no entry: its description comes whole from the configuration, with the keys

- ``band_path``, ``mask_path`` (or None): paths under the sensor's folder with ``{tile}``, ``{date}``, ``{band}``;
- ``mask_valid``: values of the mask that are usable, or ``mask_bits``: bits of which none may be set;
- ``date_format``: how the text at the start of ``{date}`` is read;
- ``bands``, ``nodata``, ``resampling``, ``scale``, ``offset``, ``aliases``, ``features`` as above.
"""

from __future__ import annotations

from typing import Any

#: Name of a reader to its module, which is imported only for the sensors that are used.
READERS: dict[str, str] = {
    "folders": "tilefold.sensors.folders",
    "safe": "tilefold.sensors.safe",
    "sentinel1": "tilefold.sensors.sentinel1",
    "generic": "tilefold.sensors.generic",
}

OPTICAL_FEATURES = ["ndvi", "ndwi", "brightness"]

#: Reflectance of the Landsat Collection 2 is number * 0.0000275 - 0.2; numbers are stored less 32768.
COLLECTION_2 = {"scale": 0.0000275, "shift": -32768, "offset": 0.0000275 * 32768 - 0.2}

#: Sentinel-2 of the Theia (MUSCATE) distribution, levels 2A and 3A.
THEIA_SENTINEL2: dict[str, Any] = {
    "reader": "folders",
    "date_format": "%Y%m%d",
    "stamped": "{name}_MTD_ALL.xml",
    "bands": ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"],
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
    "nodata": -10000,
    "resampling": "cubic",
    "scale": 1e-4,
    "offset": 0.0,
    "aliases": {
        "blue": "B2",
        "green": "B3",
        "red": "B4",
        "rededge1": "B5",
        "rededge2": "B6",
        "rededge3": "B7",
        "nir": "B8",
        "nir2": "B8A",
        "swir": "B11",
        "swir1": "B11",
        "swir2": "B12",
    },
    "features": OPTICAL_FEATURES,
    "step": 10,
}

#: What the Landsats have in common.
LANDSAT: dict[str, Any] = {
    "reader": "folders",
    "date_format": "%Y%m%d",
    "resampling": "cubic",
    "features": OPTICAL_FEATURES,
    "step": 16,
}

LANDSAT8_BANDS: dict[str, Any] = {
    "bands": ["B1", "B2", "B3", "B4", "B5", "B6", "B7"],
    "resolutions": {"B1": 30, "B2": 30, "B3": 30, "B4": 30, "B5": 30, "B6": 30, "B7": 30},
    "indexes": {"B1": 1, "B2": 2, "B3": 3, "B4": 4, "B5": 5, "B6": 6, "B7": 7},
    "aliases": {
        "coastal": "B1",
        "blue": "B2",
        "green": "B3",
        "red": "B4",
        "nir": "B5",
        "swir": "B6",
        "swir1": "B6",
        "swir2": "B7",
    },
}

#: Landsat of the Theia distribution in its old form (N2A): all bands in one file, reflectance * 1000.
THEIA_N2A: dict[str, Any] = {
    **LANDSAT,
    "band_path": "{head}_ORTHO_SURF_CORR_PENTE_{zone}.TIF",
    "stamped": "{head}_ORTHO_SURF_CORR_PENTE_{zone}.TIF",
    # Clouds and shadows; saturation; of the diverse flags (no data, water, snow, sun too low) only the lowest, no
    # data. The mask NODATA is not used: it is 1 everywhere in some real products and 0 everywhere in others.
    "masks": [
        {"path": "MASK/{name}_NUA.TIF", "valid": [0]},
        {"path": "MASK/{name}_SAT.TIF", "valid": [0]},
        {"path": "MASK/{name}_DIV.TIF", "bits": [0]},
    ],
    "nodata": -10000,
    "same_bits": True,
    "scale": 1e-3,
    "offset": 0.0,
}

#: Bands that Landsats 4 to 9 and Sentinel-2 share.
COMMON_ALIASES = {
    "blue": "blue",
    "green": "green",
    "red": "red",
    "nir": "nir",
    "swir": "swir1",
    "swir1": "swir1",
    "swir2": "swir2",
}


def _sentinel1(direction: str, polarisation: str) -> dict[str, Any]:
    return {
        "reader": "sentinel1",
        # s1a_31TCJ_vv_DES_110_20180505t055946.tif
        "product": rf"s1[a-d]_(?P<tile>[^_]+)_{polarisation}_{direction}_[0-9]+_(?P<date>[^_t]+)t[^_]*\.tif",
        "date_format": "%Y%m%d",
        "bands": [polarisation],
        "resolutions": {polarisation: 10},
        "nodata": 0,
        # The overshoots of a cubic convolution beside strong echoes would be negative powers.
        "resampling": "bilinear",
        # Stored are hundredths of a decibel.
        "scale": 0.01,
        "offset": 0.0,
        "aliases": {polarisation: polarisation},
        "features": [],
        "step": 10,
    }


SENSORS: dict[str, dict[str, Any]] = {
    # Level 2A of the Theia distribution: flat reflectance, masks at 10 m.
    "sentinel2": {
        **THEIA_SENTINEL2,
        # SENTINEL2A_20180511-105031-461_L2A_T31TCJ_C_V1-0
        "product": r"SENTINEL2[A-Z]_(?P<date>[^_-]+)[^_]*_L2A_(?P<tile>[^_]+)_[A-Z]_V[0-9-]+",
        "band_path": "{name}_FRE_{band}.tif",
        # Clouds and shadows, saturation, edge of the swath: any bit set makes a pixel unusable.
        "masks": [
            {"path": "MASKS/{name}_CLM_R1.tif", "valid": [0]},
            {"path": "MASKS/{name}_SAT_R1.tif", "valid": [0]},
            {"path": "MASKS/{name}_EDG_R1.tif", "valid": [0]},
        ],
    },
    # Level 2A of ESA's processor Sen2Cor.
    "sentinel2s2c": {
        "reader": "safe",
        # S2A_MSIL2A_20190501T105039_N0211_R051_T31TCJ_20190501T135702.SAFE
        "product": r"S2[A-Z]_MSIL2A_(?P<date>[^_T]+)T[^_]+_N[0-9]+_R[0-9]+_(?P<tile>T[^_]+)_[^_]+\.SAFE",
        "date_format": "%Y%m%d",
        "bands": ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"],
        "resolutions": {
            "B02": 10,
            "B03": 10,
            "B04": 10,
            "B05": 20,
            "B06": 20,
            "B07": 20,
            "B08": 10,
            "B8A": 20,
            "B11": 20,
            "B12": 20,
        },
        # Scene classes: no data, saturated or defective, cloud shadow, clouds of medium and high
        # probability, thin cirrus.
        "masks": [{"image": "SCL", "resolution": 20, "invalid": [0, 1, 3, 8, 9, 10]}],
        "nodata": 0,
        "resampling": "cubic",
        "scale": 1e-4,
        "offset": 0.0,
        "aliases": {
            "blue": "B02",
            "green": "B03",
            "red": "B04",
            "rededge1": "B05",
            "rededge2": "B06",
            "rededge3": "B07",
            "nir": "B08",
            "nir2": "B8A",
            "swir": "B11",
            "swir1": "B11",
            "swir2": "B12",
        },
        "features": OPTICAL_FEATURES,
        "step": 10,
    },
    # Monthly synthesis of the Theia distribution.
    "sentinel2l3a": {
        **THEIA_SENTINEL2,
        # SENTINEL2X_20180515-000000-000_L3A_T31TCJ_C_V1-0
        "product": r"SENTINEL2[A-Z]_(?P<date>[^_-]+)[^_]*_L3A_(?P<tile>[^_]+)_[A-Z]_V[0-9-]+",
        "band_path": "{name}_FRC_{band}.tif",
        # 0 no data, 1 cloud or shadow; 2 snow, 3 water, 4 land.
        "masks": [{"path": "MASKS/{name}_FLG_R1.tif", "invalid": [0, 1]}],
    },
    # Level 2A of the Theia distribution, on the tiles of Sentinel-2.
    "landsat8": {
        **LANDSAT,
        **{key: value for key, value in LANDSAT8_BANDS.items() if key != "indexes"},
        # LANDSAT8-OLITIRS-XS_20180416-105134-112_L2A_T31TCJ_C_V2-2
        "product": r"LANDSAT[89]-OLI[A-Z]*-XS[A-Z]*_(?P<date>[^_-]+)[^_]*_L2A_(?P<tile>[^_]+)_[A-Z]_V[0-9-]+",
        "stamped": "{name}_MTD_ALL.xml",
        "band_path": "{name}_FRE_{band}.tif",
        "masks": [
            {"path": "MASKS/{name}_CLM_XS.tif", "valid": [0]},
            {"path": "MASKS/{name}_SAT_XS.tif", "valid": [0]},
            {"path": "MASKS/{name}_EDG_XS.tif", "valid": [0]},
        ],
        "nodata": -10000,
        "scale": 1e-4,
        "offset": 0.0,
    },
    "landsat8old": {
        **THEIA_N2A,
        **LANDSAT8_BANDS,
        # LANDSAT8_OLITIRS_XS_20160330_N2A_France-MetropoleD0005H0003
        "product": r"(?P<head>LANDSAT8_OLI[A-Z]*_XS[A-Z]*_(?P<date>[^_]+)_N2A)_(?P<zone>[^_]+(?P<tile>D\d+H\d+))",
    },
    "landsat5old": {
        **THEIA_N2A,
        # LANDSAT5_TM_XS_20100330_N2A_France-MetropoleD0005H0003
        "product": r"(?P<head>LANDSAT5_TM_XS[A-Z]*_(?P<date>[^_]+)_N2A)_(?P<zone>[^_]+(?P<tile>D\d+H\d+))",
        # Numbers in the file; the last is the Thematic Mapper's band 7.
        "bands": ["B1", "B2", "B3", "B4", "B5", "B6"],
        "resolutions": {"B1": 30, "B2": 30, "B3": 30, "B4": 30, "B5": 30, "B6": 30},
        "indexes": {"B1": 1, "B2": 2, "B3": 3, "B4": 4, "B5": 5, "B6": 6},
        "aliases": {
            "blue": "B1",
            "green": "B2",
            "red": "B3",
            "nir": "B4",
            "swir": "B5",
            "swir1": "B5",
            "swir2": "B6",
        },
    },
    # Level 2 surface reflectance of the USGS, Landsats 4 to 9 in one series.
    "landsat_c2": {
        **LANDSAT,
        **COLLECTION_2,
        # LC08_L2SP_198030_20200715_20200912_02_T1: path and row are no tile of ours.
        "product": r"L[COTE]0[45789]_L2S[PR]_[0-9]{6}_(?P<date>[^_]+)_[^_]+_02_T[12]",
        "stamped": "{name}_QA_PIXEL.TIF",
        "bands": ["blue", "green", "red", "nir", "swir1", "swir2"],
        # Not of Landsats 4 to 7.
        "extra_bands": ["coastal"],
        "resolutions": {
            "coastal": 30,
            "blue": 30,
            "green": 30,
            "red": 30,
            "nir": 30,
            "swir1": 30,
            "swir2": 30,
        },
        "band_path": "{name}_SR_{band}.TIF",
        "platforms": {
            "LC0[89]|LO0[89]": {
                "coastal": "B1",
                "blue": "B2",
                "green": "B3",
                "red": "B4",
                "nir": "B5",
                "swir1": "B6",
                "swir2": "B7",
            },
            "LT0[45]|LE07": {
                "blue": "B1",
                "green": "B2",
                "red": "B3",
                "nir": "B4",
                "swir1": "B5",
                "swir2": "B7",
            },
        },
        # Fill, dilated cloud, cirrus, cloud, cloud shadow.
        "masks": [{"path": "{name}_QA_PIXEL.TIF", "bits": [0, 1, 2, 3, 4]}],
        "nodata": 0,
        "aliases": {"coastal": "coastal", **COMMON_ALIASES},
    },
    # Harmonised Landsat and Sentinel-2 (HLS 2.0), L30 and S30 in one series.
    "hls": {
        "reader": "folders",
        # HLS.S30.T31TCJ.2020190T105031.v2.0
        "product": r"HLS\.[LS]30\.(?P<tile>[^.]+)\.(?P<date>[^.T]+)T[^.]*\.v2\.[0-9]+",
        "date_format": "%Y%j",
        "stamped": "{name}.Fmask.tif",
        "bands": ["coastal", "blue", "green", "red", "nir", "swir1", "swir2"],
        "resolutions": {
            "coastal": 30,
            "blue": 30,
            "green": 30,
            "red": 30,
            "nir": 30,
            "swir1": 30,
            "swir2": 30,
        },
        "band_path": "{name}.{band}.tif",
        "platforms": {
            r"HLS\.L30": {
                "coastal": "B01",
                "blue": "B02",
                "green": "B03",
                "red": "B04",
                "nir": "B05",
                "swir1": "B06",
                "swir2": "B07",
            },
            # The narrow near infrared band is the one that is like Landsat's.
            r"HLS\.S30": {
                "coastal": "B01",
                "blue": "B02",
                "green": "B03",
                "red": "B04",
                "nir": "B8A",
                "swir1": "B11",
                "swir2": "B12",
            },
        },
        # Cloud, beside a cloud or shadow, shadow; 255 is fill.
        "masks": [{"path": "{name}.Fmask.tif", "invalid": [255], "bits": [1, 2, 3]}],
        "nodata": -9999,
        "resampling": "cubic",
        "scale": 1e-4,
        "offset": 0.0,
        "aliases": {"coastal": "coastal", **COMMON_ALIASES},
        "features": OPTICAL_FEATURES,
        "step": 10,
    },
    "sentinel1_desvv": _sentinel1("DES", "vv"),
    "sentinel1_desvh": _sentinel1("DES", "vh"),
    "sentinel1_ascvv": _sentinel1("ASC", "vv"),
    "sentinel1_ascvh": _sentinel1("ASC", "vh"),
}
