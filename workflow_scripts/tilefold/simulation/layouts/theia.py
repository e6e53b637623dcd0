"""What all products of Theia's (MUSCATE) distribution have in common: the metadata file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilefold.grids.grid import Grid
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky
from tilefold.simulation.sentinel2 import NODATA


def cloud_percent(sky: Sky) -> int:
    """Percentage of what the swath covers that the masks flag, rounded."""
    inside = ~sky.outside
    return round(100 * float(np.count_nonzero(sky.flags[inside])) / max(1.0, float(np.count_nonzero(inside))))


def metadata_xml(acquisition: Acquisition, level: str, grids: Mapping[str, Grid], sky: Sky) -> str:
    """Metadata of a product: the parts of Theia's file that a reader may want.

    Parameters
    ----------
    acquisition
        The acquisition, with its name.
    level
        L2A or L3A.
    grids
        Grid of each group of rasters (R1, R2, XS).
    sky
        Clouds and edge.
    """
    crs = next(iter(grids.values())).crs.removeprefix("EPSG:")
    groups = "\n".join(_geopositioning(group, grid) for group, grid in grids.items())
    time = acquisition.time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Muscate_Metadata_Document>
  <Dataset_Identification>
    <IDENTIFIER>{acquisition.name}</IDENTIFIER>
    <GEOGRAPHICAL_ZONE type="Tile">{acquisition.tile}</GEOGRAPHICAL_ZONE>
  </Dataset_Identification>
  <Product_Characteristics>
    <PRODUCT_ID>{acquisition.name}</PRODUCT_ID>
    <ACQUISITION_DATE>{time}Z</ACQUISITION_DATE>
    <PLATFORM>{acquisition.platform}</PLATFORM>
    <PRODUCT_LEVEL>{level}</PRODUCT_LEVEL>
  </Product_Characteristics>
  <Geoposition_Informations>
    <Coordinate_Reference_System>
      <HORIZONTAL_CS_CODE>{crs}</HORIZONTAL_CS_CODE>
    </Coordinate_Reference_System>
    <Geopositioning>
{groups}
    </Geopositioning>
  </Geoposition_Informations>
  <Radiometric_Informations>
    <REFLECTANCE_QUANTIFICATION_VALUE>10000</REFLECTANCE_QUANTIFICATION_VALUE>
    <SPECIAL_VALUE name="nodata">{NODATA}</SPECIAL_VALUE>
  </Radiometric_Informations>
  <Quality_Informations>
    <QUALITY_INDEX name="CloudPercent">{cloud_percent(sky)}</QUALITY_INDEX>
  </Quality_Informations>
</Muscate_Metadata_Document>
"""


def _geopositioning(group: str, grid: Grid) -> str:
    left, _, _, top = grid.bounds
    step = round(grid.transform[0])
    return (
        f'      <Group_Geopositioning_Insert group_id="{group}">'
        f"<ULX>{left:.0f}</ULX><ULY>{top:.0f}</ULY><XDIM>{step}</XDIM><YDIM>-{step}</YDIM>"
        f"<NROWS>{grid.height}</NROWS><NCOLS>{grid.width}</NCOLS>"
        "</Group_Geopositioning_Insert>"
    )
