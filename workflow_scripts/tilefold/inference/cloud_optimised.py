"""Writing of cloud-optimised GeoTIFFs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import rasterio
from rio_cogeo.cogeo import cog_translate

from tilefold.storage.rasters import band_type, check_written
from tilefold.storage.whole import whole_file

COG_BLOCK = 512


@contextmanager
def cloud_optimised(path: Path | str) -> Iterator[Path]:
    """Yield a path for a plain GeoTIFF, which becomes a cloud-optimised one at `path` when the block ends.

    On an error nothing is left of it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.stem}.", dir=target.parent) as folder:
        plain = Path(folder) / target.name
        yield plain
        _reorder(plain, target)


def _reorder(source: Path, target: Path) -> None:
    """Reorder a GeoTIFF into a cloud-optimised one with overviews.

    DEFLATE, since every reader of GeoTIFF has it. In files, not in memory, whatever the size: the same way
    for all sizes, and a mosaic of a country does not fit.
    """
    with whole_file(target) as temporary, rasterio.open(source) as raster:
        cog_translate(
            raster,
            temporary,
            {
                "driver": "GTiff",
                "tiled": True,
                "blockxsize": COG_BLOCK,
                "blockysize": COG_BLOCK,
                "compress": "DEFLATE",
                "interleave": "band",
                "BIGTIFF": "IF_SAFER",
                **({"NBITS": 16} if band_type(raster) == "float16" else {}),
            },
            in_memory=False,
            allow_intermediate_compression=True,
            temporary_compression="ZSTD",
            overview_resampling="nearest",
            forward_band_tags=True,
            quiet=True,
        )
        check_written(temporary, target)
