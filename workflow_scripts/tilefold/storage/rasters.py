"""GeoTIFF files: made whole, read by windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader, DatasetWriter

from tilefold.grids.grid import Grid
from tilefold.storage.whole import whole_file

BLOCK = 256


@contextmanager
def create_raster(
    path: Path | str,
    grid: Grid,
    *,
    dtype: str,
    nodata: float | None,
    descriptions: Sequence[str],
    tags: Mapping[str, str],
) -> Iterator[DatasetWriter]:
    """Open a new tiled, compressed GeoTIFF; it gets its name when the block ends without an error.

    Band-interleaved, ZSTD level 1 with horizontal differencing, blocks of 256 x 256. Blocks must be written
    in row-major order, since the bytes of a GeoTIFF follow the order of writing.

    Parameters
    ----------
    path
        The file to make.
    grid
        Its grid.
    dtype
        Data type of all bands. GDAL before 3.11 has no `float16`: it is written as `float32` of 16 bits
        (``NBITS=16``), which every reader shows as `float32`. What is written must be a half already, since GDAL
        cuts digits off where numpy rounds.
    nodata
        Value of pixels without data, or None.
    descriptions
        One a band; their number is the number of bands.
    tags
        Metadata of the file.
    """
    half = {"NBITS": 16} if dtype == "float16" else {}
    with whole_file(path) as temporary:
        with rasterio.open(
            temporary,
            "w",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=len(descriptions),
            dtype="float32" if half else dtype,
            nodata=nodata,
            crs=grid.crs,
            transform=grid.affine,
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            interleave="band",
            compress="ZSTD",
            zstd_level=1,
            predictor=2 if dtype in ("int16", "uint16", "uint8", "int32", "uint32") else 3,
            BIGTIFF="IF_SAFER",
            **half,
        ) as dataset:
            dataset.descriptions = tuple(descriptions)
            dataset.update_tags(**tags)
            yield dataset
        check_written(temporary, path)


def check_written(written: Path, target: Path | str) -> None:
    """Refuse a GeoTIFF whose end is missing: GDAL reports no error where closing it found the disk full.

    Parameters
    ----------
    written
        The closed file.
    target
        The name that it is to get, for the message.

    Raises
    ------
    OSError
        If it cannot be opened, or a band's last block lies beyond its end.
    """
    message = f"{target}: the end could not be written; is the disk full?"
    try:
        dataset = rasterio.open(written)
    except RasterioIOError as error:
        raise OSError(message) from error
    with dataset:
        rows, cols = dataset.block_shapes[0]
        last = f"{(dataset.width - 1) // cols}_{(dataset.height - 1) // rows}"
        for band in dataset.indexes:
            place = [
                dataset.get_tag_item(f"{key}_{last}", "TIFF", bidx=band)
                for key in ("BLOCK_OFFSET", "BLOCK_SIZE")
            ]
            if all(place) and sum(map(int, place)) > written.stat().st_size:
                raise OSError(message)


def band_type(dataset: DatasetReader) -> str:
    """Data type of a raster's bands, as `create_raster` takes it."""
    half = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS") == "16"
    return "float16" if half and dataset.dtypes[0] == "float32" else str(dataset.dtypes[0])


def form_of(dataset: DatasetReader) -> tuple[str, str, tuple[str | None, ...]]:
    """Data type, nodata value as text (NaN equals nothing) and descriptions of the bands."""
    return band_type(dataset), str(dataset.nodata), dataset.descriptions


def grid_of(dataset: DatasetReader) -> Grid:
    """Grid of an open raster; the CRS as ``EPSG:<code>`` where it has one, else as WKT."""
    if dataset.crs is None:
        raise ValueError(f"{dataset.name}: the raster has no coordinate reference system")
    t = dataset.transform
    return Grid(crs_text(dataset.crs), (t.a, t.b, t.c, t.d, t.e, t.f), dataset.height, dataset.width)


def crs_text(crs: Any) -> str:
    """``EPSG:<code>`` where the CRS has one, else WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
