"""Sentinel-2 level 2A of ESA's processor Sen2Cor: a SAFE folder of lossless JPEG 2000 images.

Numbers are reflectance x 10000; from processing baseline 04.00 on, 1000 is added to them, and the metadata say
that it is to be taken off. Archives hold both, since old dates are processed again: here every other day.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import CLM_CLOUD, Sky, any_of_four
from tilefold.simulation.layout import coarse
from tilefold.simulation.layouts.rasters import write_jpeg2000
from tilefold.simulation.layouts.writer import Bands
from tilefold.simulation.sentinel2 import NODATA, SATURATED
from tilefold.simulation.statistics import COARSE_BANDS

#: Baselines without and with offset, and the offset, one for each of the instrument's 13 bands.
OLD_BASELINE, NEW_BASELINE = "02.11", "05.00"
OFFSET, INSTRUMENT_BANDS = -1000, 13
#: Scene classes (SCL) that are drawn.
NO_DATA, DEFECTIVE, SHADOW, VEGETATION, BARE, WATER, CLOUD = 0, 1, 3, 4, 5, 6, 9
RELATIVE_ORBIT = "R051"


def write(folder: Path, grid: Grid, acquisition: Acquisition, bands: Bands, sky: Sky) -> None:
    """Write one product into a folder of its name; parameters as in `writer.Writer`."""
    baseline = processing_baseline(acquisition)
    offset = OFFSET if baseline == NEW_BASELINE else 0
    home = folder / product_name(acquisition)
    stamp = f"{acquisition.time:%Y%m%dT%H%M%S}"
    granule = home / "GRANULE" / f"L2A_{tile_name(acquisition)}_A0{10000 + int(acquisition.day)}_{stamp}"
    images = {step: granule / "IMG_DATA" / f"R{step}m" for step in (10, 20)}
    for image_folder in images.values():
        image_folder.mkdir(parents=True, exist_ok=True)
    half = coarse(grid)
    for band, values in bands.items():
        step = 20 if band in COARSE_BANDS else 10
        path = images[step] / f"{tile_name(acquisition)}_{stamp}_{long_name(band)}_{step}m.jp2"
        stored = np.where(values == NODATA, NO_DATA, values.astype(np.int32) - offset).astype(np.uint16)
        write_jpeg2000(path, half if step == 20 else grid, stored)
    write_jpeg2000(
        images[20] / f"{tile_name(acquisition)}_{stamp}_SCL_20m.jp2", half, scene_classes(bands, sky)
    )
    text = metadata_xml(acquisition, baseline)
    (home / "MTD_MSIL2A.xml").write_text(text, encoding="utf-8", newline="\n")


def processing_baseline(acquisition: Acquisition) -> str:
    """Baseline with which a day's product is processed."""
    return NEW_BASELINE if int(acquisition.day) % 2 else OLD_BASELINE


def product_name(acquisition: Acquisition) -> str:
    """Name of a product's folder."""
    platform = f"S2{acquisition.platform[-1]}"
    baseline = processing_baseline(acquisition).replace(".", "")
    processed = acquisition.time + datetime.timedelta(hours=3)
    return (
        f"{platform}_MSIL2A_{acquisition.time:%Y%m%dT%H%M%S}_N{baseline}_{RELATIVE_ORBIT}_{tile_name(acquisition)}_"
        f"{processed:%Y%m%dT%H%M%S}.SAFE"
    )


def tile_name(acquisition: Acquisition) -> str:
    """Tile's name, which begins with T here, whatever the scene calls it."""
    return f"T{acquisition.tile.removeprefix('T')}"


def long_name(band: str) -> str:
    """Band's name with two digits: B2 is B02."""
    return f"B0{band[1]}" if len(band) == 2 else band


def scene_classes(bands: Bands, sky: Sky) -> NDArray[np.uint8]:
    """Classes of the 20 m pixels (SCL), from the flags of the sky and the reflectances."""
    red, near, short = (bands[band].astype(np.float64) for band in ("B5", "B8A", "B11"))
    result = np.where(near > 2 * red, VEGETATION, BARE)
    result[near < 0.8 * red] = WATER
    result[np.any([bands[band] >= SATURATED for band in COARSE_BANDS], axis=0)] = DEFECTIVE
    flags = any_of_four(sky.flags)
    result[flags > 0] = SHADOW
    result[(flags & CLM_CLOUD) == CLM_CLOUD] = CLOUD
    result[(short == NODATA) | any_of_four(sky.outside)] = NO_DATA
    return result.astype(np.uint8)


def metadata_xml(acquisition: Acquisition, baseline: str) -> str:
    """Metadata of a product: the parts of the file MTD_MSIL2A.xml that a reader may want."""
    offsets = "".join(
        f'          <BOA_ADD_OFFSET band_id="{band}">{OFFSET}</BOA_ADD_OFFSET>\n'
        for band in range(INSTRUMENT_BANDS)
    )
    offset_list = (
        f"        <BOA_ADD_OFFSET_VALUES_LIST>\n{offsets}        </BOA_ADD_OFFSET_VALUES_LIST>\n"
        if baseline == NEW_BASELINE
        else ""
    )
    start = acquisition.time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>{start}Z</PRODUCT_START_TIME>
      <PRODUCT_URI>{product_name(acquisition)}</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
      <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
    </Product_Info>
    <Product_Image_Characteristics>
      <Special_Values>
        <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
        <SPECIAL_VALUE_INDEX>{NO_DATA}</SPECIAL_VALUE_INDEX>
      </Special_Values>
      <QUANTIFICATION_VALUES_LIST>
        <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
      </QUANTIFICATION_VALUES_LIST>
{offset_list}    </Product_Image_Characteristics>
  </n1:General_Info>
</n1:Level-2A_User_Product>
"""
