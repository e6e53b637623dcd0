"""Products in the layout of Theia's Sentinel-2 level 2A: one folder an acquisition, one GeoTIFF a band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from tilefold.grids.grid import Grid
from tilefold.simulation import keyed
from tilefold.simulation.acquisitions import Acquisition
from tilefold.simulation.clouds import Sky, smooth_noise, through
from tilefold.simulation.decoder import FLUCTUATION, HAZE, INSTRUMENT, Decoder
from tilefold.simulation.dials import Dials
from tilefold.simulation.layout import coarse
from tilefold.simulation.statistics import BANDS, COARSE_BANDS

Floats = NDArray[np.float64]

NODATA = -10000
#: Darkest and brightest values that are written; the brightest counts as saturated.
DARKEST, SATURATED = 20, 12000
MASKS = ("CLM", "EDG", "SAT")
#: Reach in pixels of the haze and of what changes on the ground between two acquisitions.
HAZE_REACH, FLUCTUATION_REACH = 8.0, 0.5


def observe(
    dials: Dials,
    decoder: Decoder,
    latents: NDArray[np.float32],
    acquisition: Acquisition,
    sky: Sky,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.int16]]:
    """Reflectance x 10000 that an acquisition holds of a tile.

    Parameters
    ----------
    dials
        Dials of the scene.
    decoder
        The tile's decoder.
    latents
        Of the tile's ground, (rows, columns, latents).
    acquisition, sky
        What is between ground and instrument.
    rng
        The acquisition's own generator.

    Returns
    -------
    dict
        For each band, int16, nodata -10000; bands of 20 m with half the rows and columns.
    """
    day = np.array([acquisition.day])
    loading = decoder.loadings(day)[0]
    surface = latents.astype(np.float64) @ loading + decoder.levels(day)[0]
    size, noise = dials.size, dials.sensor_noise
    surface += noise * _unit(smooth_noise(size, HAZE_REACH, rng))[..., None] * HAZE
    changed = gaussian_filter(rng.standard_normal((size, size)), FLUCTUATION_REACH)
    surface += noise * _unit(changed)[..., None] * FLUCTUATION
    seen = through(sky, surface)
    halved = seen.reshape(size // 2, 2, size // 2, 2, len(BANDS)).mean(axis=(1, 3))
    result = {}
    for index, band in enumerate(BANDS):
        values = halved[..., index] if band in COARSE_BANDS else seen[..., index]
        outside = sky.outside[::2, ::2] if band in COARSE_BANDS else sky.outside
        values = values + noise * INSTRUMENT[index] * rng.standard_normal(values.shape)
        rounded = np.clip(np.rint(values), DARKEST, SATURATED)
        result[band] = np.where(outside, NODATA, rounded).astype(np.int16)
    return result


def write_product(
    folder: Path, grid: Grid, acquisition: Acquisition, bands: dict[str, NDArray[np.int16]], sky: Sky
) -> None:
    """Write one product.

    Parameters
    ----------
    folder
        Folder of the tile's products; a folder with the product's name is made in it.
    grid
        The tile's 10 m grid.
    acquisition, bands, sky
        What is written.
    """
    home = folder / acquisition.name
    (home / "MASKS").mkdir(parents=True, exist_ok=True)
    half = coarse(grid)
    for band, values in bands.items():
        path = home / f"{acquisition.name}_FRE_{band}.tif"
        _write(path, half if band in COARSE_BANDS else grid, values, NODATA)
    saturated = np.zeros(grid.shape, np.uint8)
    for bit, band in enumerate(BANDS[:8]):
        if band not in COARSE_BANDS:
            saturated |= ((bands[band] >= SATURATED) << bit).astype(np.uint8)
    masks = {"CLM": sky.flags, "EDG": sky.outside.astype(np.uint8), "SAT": saturated}
    for mask in MASKS:
        path = home / "MASKS" / f"{acquisition.name}_{mask}"
        _write(path.with_name(f"{path.name}_R1.tif"), grid, masks[mask], None)
        _write(path.with_name(f"{path.name}_R2.tif"), half, _halve_flags(masks[mask]), None)
    inside = ~sky.outside
    percent = 100 * float(np.count_nonzero(sky.flags[inside])) / max(1.0, float(np.count_nonzero(inside)))
    text = metadata_xml(acquisition, grid, round(percent))
    (home / f"{acquisition.name}_MTD_ALL.xml").write_text(text, encoding="utf-8", newline="\n")


def metadata_xml(acquisition: Acquisition, grid: Grid, cloud_percent: int) -> str:
    """Metadata of a product: the parts of Theia's file that a reader may want."""
    left, _, _, top = grid.bounds
    groups = "\n".join(
        f'      <Group_Geopositioning_Insert group_id="{group}">'
        f"<ULX>{left:.0f}</ULX><ULY>{top:.0f}</ULY><XDIM>{step}</XDIM><YDIM>-{step}</YDIM>"
        f"<NROWS>{grid.height * 10 // step}</NROWS><NCOLS>{grid.width * 10 // step}</NCOLS>"
        "</Group_Geopositioning_Insert>"
        for group, step in (("R1", 10), ("R2", 20))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Muscate_Metadata_Document>
  <Dataset_Identification>
    <IDENTIFIER>{acquisition.name}</IDENTIFIER>
    <GEOGRAPHICAL_ZONE type="Tile">{acquisition.tile}</GEOGRAPHICAL_ZONE>
  </Dataset_Identification>
  <Product_Characteristics>
    <PRODUCT_ID>{acquisition.name}</PRODUCT_ID>
    <ACQUISITION_DATE>{acquisition.time:%Y-%m-%dT%H:%M:%S}.{acquisition.time.microsecond // 1000:03d}Z</ACQUISITION_DATE>
    <PLATFORM>{acquisition.platform}</PLATFORM>
    <PRODUCT_LEVEL>L2A</PRODUCT_LEVEL>
  </Product_Characteristics>
  <Geoposition_Informations>
    <Coordinate_Reference_System>
      <HORIZONTAL_CS_CODE>{grid.crs.removeprefix("EPSG:")}</HORIZONTAL_CS_CODE>
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
    <QUALITY_INDEX name="CloudPercent">{cloud_percent}</QUALITY_INDEX>
  </Quality_Informations>
</Muscate_Metadata_Document>
"""


def acquisition_generator(dials: Dials, acquisition: Acquisition) -> np.random.Generator:
    """Generator of an acquisition's clouds and noise."""
    return keyed.generator(dials.seed, "acquisition", acquisition.name)


def _halve_flags(flags: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Flags of 20 m pixels: all bits that any of the four 10 m pixels has."""
    return flags[::2, ::2] | flags[1::2, ::2] | flags[::2, 1::2] | flags[1::2, 1::2]


def _unit(field: Floats) -> Floats:
    """The field with variance 1."""
    return field / field.std()


def _write(path: Path, grid: Grid, values: NDArray[np.int16] | NDArray[np.uint8], nodata: int | None) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=grid.height,
        width=grid.width,
        count=1,
        dtype=values.dtype.name,
        nodata=nodata,
        crs=grid.crs,
        transform=grid.affine,
        compress="DEFLATE",
        zlevel=1,
        predictor=2 if values.dtype == np.int16 else 1,
    ) as dataset:
        dataset.write(values, 1)
