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


def extra_name(name: str) -> str:
    """Variable of the external features that join a sensor; no input can have such a name."""
    return f"{name}.extra"


def stored_variables(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape of one sample's values, and their type, of each variable that inputs are stored in.

    Parameters
    ----------
    inputs
        Description of each input, see `tilefold.series.inputs.component_names`.

    Returns
    -------
    dict
        Series: int16 (dates, bands), and float32 (dates, extra components) as `extra_name` where external
        features join; temporal features: float32 (dates, components); static features: float32 (bands,).
    """
    variables: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, spec in inputs.items():
        if spec["kind"] == "static":
            variables[name] = (spec["bands"],), "float32"
        elif spec["kind"] == "temporal":
            variables[name] = (len(spec["dates"]), len(spec["components"])), "float32"
        else:
            variables[name] = (len(spec["dates"]), len(spec["bands"])), "int16"
            if spec.get("extra"):
                variables[extra_name(name)] = (len(spec["dates"]), len(spec["extra"])), "float32"
    return variables


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
        By variable, see `stored_variables`: (sample, <variable>_date, <variable>_band) or (sample,
        <variable>_band).
    """
    dataset.createDimension(SAMPLE, samples)
    variables = {}
    for name, (shape, dtype) in stored_variables(inputs).items():
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
