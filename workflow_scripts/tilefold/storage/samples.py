"""How values of samples are stored in NetCDF: alike in pools and in sample databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netCDF4 import Dataset, Variable

#: Samples in a chunk: small enough to be read in shuffled order, large enough to be read fast.
SAMPLES_PER_CHUNK = 2048

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
