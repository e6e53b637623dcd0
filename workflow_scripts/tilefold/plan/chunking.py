"""How many chunks a tile is classified in."""

from __future__ import annotations

import math

import numpy as np

from tilefold.grids.windows import number_of_chunks
from tilefold.plan.plan import Plan
from tilefold.plan.sensors import stored_inputs
from tilefold.storage.samples import stored_variables

#: Bytes of a pixel in each product; a probability is one for each class.
PRODUCT_BYTES = {"classification": 2, "confidence": 1, "probabilities": 2, "margin": 1, "clear_dates": 2}


def tile_chunks(plan: Plan, tile: str) -> int:
    """Chunks that a tile is classified in; `auto`: as few as hold what is read and written of each in the budget."""
    grid, chosen = plan.grids[tile], plan.config.classification
    if chosen.number_of_chunks != "auto":
        return number_of_chunks(grid.height, chosen.number_of_chunks)
    needed = grid.height * grid.width * pixel_bytes(plan)
    return number_of_chunks(grid.height, math.ceil(needed / (chosen.memory_gb * 1e9)))


def pixel_bytes(plan: Plan) -> int:
    """Bytes that are read and written of a pixel, uncompressed."""
    variables = stored_variables(stored_inputs(plan)).values()
    read = sum(math.prod(shape) * np.dtype(kind).itemsize for shape, kind in variables)
    written = {name: PRODUCT_BYTES[name] for name in plan.tile_products}
    if plan.config.classification.confidence_type == "float16":
        written["confidence"] = 4
    if "probabilities" in written:
        written["probabilities"] *= len(plan.codes)
    return read + sum(written.values())
