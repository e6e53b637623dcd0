"""Writing a raster from top to bottom, whatever the heights of the parts that it is made of."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetWriter

from tilefold.storage.rasters import BLOCK


class StripWriter:
    """Collects rows and writes them in strips one block high.

    The bytes of a GeoTIFF follow the order of writing. Here that order is the strips' own, so it does not
    depend on how the rows were handed in, and no block is compressed twice. Memory: one strip of all bands.

    Parameters
    ----------
    dataset
        A raster just created, with blocks of `BLOCK` rows.
    """

    def __init__(self, dataset: DatasetWriter) -> None:
        self._dataset = dataset
        self._strip = np.empty((dataset.count, BLOCK, dataset.width), dataset.dtypes[0])
        self._filled = 0
        self._written = 0

    @property
    def bands(self) -> int:
        """Number of bands."""
        return len(self._strip)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the rows."""
        return self._strip.dtype

    def append(self, rows: NDArray[Any]) -> None:
        """Add the rows that come next.

        Parameters
        ----------
        rows
            (bands, rows, columns), full width, of the dataset's type; any number of rows.

        Raises
        ------
        ValueError
            If the bands, the width, the type or the number of rows are not the raster's.
        """
        bands, height, width = rows.shape
        if (bands, width, rows.dtype) != (self._dataset.count, self._dataset.width, self._strip.dtype):
            raise ValueError(
                f"{self._dataset.name}: rows of {bands} band(s), {width} columns and type {rows.dtype} were "
                f"given to a raster of {self._dataset.count} band(s), {self._dataset.width} columns and type "
                f"{self._strip.dtype}"
            )
        if self._written + self._filled + height > self._dataset.height:
            raise ValueError(f"{self._dataset.name}: more rows were given than its {self._dataset.height}")
        taken = 0
        while taken < height:
            count = min(BLOCK - self._filled, height - taken)
            self._strip[:, self._filled : self._filled + count] = rows[:, taken : taken + count]
            taken += count
            self._filled += count
            if self._filled == BLOCK:
                self._flush()

    def finish(self) -> None:
        """Write what is left.

        Raises
        ------
        ValueError
            If rows are missing.
        """
        if self._filled:
            self._flush()
        if self._written != self._dataset.height:
            raise ValueError(
                f"{self._dataset.name}: {self._written} rows were given, expected {self._dataset.height}"
            )

    def _flush(self) -> None:
        rows = self._written, self._written + self._filled
        self._dataset.write(self._strip[:, : self._filled], window=(rows, (0, self._dataset.width)))
        self._written += self._filled
        self._filled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
