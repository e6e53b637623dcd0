"""NetCDF files made whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netCDF4 import Dataset

from tilefold.storage.whole import whole_file


@contextmanager
def create_netcdf(path: Path | str, attributes: Mapping[str, str]) -> Iterator[Dataset]:
    """Open a new NetCDF-4 file with global attributes, named when the block ends without an error."""
    with whole_file(path) as temporary, Dataset(temporary, "w", format="NETCDF4") as dataset:
        dataset.setncatts(dict(attributes))
        yield dataset
