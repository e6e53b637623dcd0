"""How values of samples are stored in NetCDF: alike in pools and in sample databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from netCDF4 import Dataset, Variable
from numpy.typing import NDArray

#: Samples in a chunk: small enough to be read in shuffled order, large enough to be read fast.
SAMPLES_PER_CHUNK = 2048

#: Samples read at once: whole chunks.
SAMPLES_PER_READ = 8 * SAMPLES_PER_CHUNK

SAMPLE = "sample"


def value_shape(spec: Mapping[str, Any]) -> tuple[tuple[int, ...], str]:
    """Shape of one sample's values of an input, and their type."""
    if spec["kind"] == "series":
        return (len(spec["dates"]), len(spec["bands"])), "int16"
    return (spec["bands"],), "float32"


def define_inputs(dataset: Dataset, inputs: Mapping[str, Any], samples: int) -> dict[str, Variable]:
    """Define the sample dimension and one variable for each input.

    Not compressed: streaming then keeps up with training (see docs/architecture.md).

    Parameters
    ----------
    dataset
        An open, new file.
    inputs
        Description of each input.
    samples
        Number of samples.

    Returns
    -------
    dict of variables
        Series: int16 (sample, <name>_date, <name>_band); static rasters: float32 (sample, <name>_band).
    """
    dataset.createDimension(SAMPLE, samples)
    variables = {}
    for name, spec in inputs.items():
        shape, dtype = value_shape(spec)
        dimensions = (f"{name}_date", f"{name}_band") if len(shape) == 2 else (f"{name}_band",)
        for dimension, size in zip(dimensions, shape, strict=True):
            dataset.createDimension(dimension, size)
        chunks = (max(1, min(samples, SAMPLES_PER_CHUNK)), *shape)
        variable = dataset.createVariable(
            name, dtype, (SAMPLE, *dimensions), chunksizes=chunks, fill_value=False
        )
        variable.set_auto_maskandscale(maskandscale=False)
        variables[name] = variable
    return variables


def read_rows(
    dataset: Dataset, names: Iterable[str], rows: NDArray[np.int64]
) -> Iterator[tuple[slice, dict[str, NDArray[Any]]]]:
    """Read some samples by contiguous blocks; memory is that of one block.

    Parameters
    ----------
    dataset
        An open pool or sample database.
    names
        Variables to read.
    rows
        Samples, ascending.

    Yields
    ------
    part, values
        Part of `rows`, and the values of these samples as they are stored, by name.
    """
    names = list(names)
    dataset.set_auto_maskandscale(False)
    limits = np.flatnonzero(np.diff(rows // SAMPLES_PER_READ)) + 1
    for first, last in pairwise([0, *limits.tolist(), len(rows)] if len(rows) else []):
        start, stop = int(rows[first]), int(rows[last - 1]) + 1
        wanted = rows[first:last] - start
        yield slice(first, last), {name: dataset[name][start:stop][wanted] for name in names}
