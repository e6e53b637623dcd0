"""Which pixels of a mask can be used."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.sensors.product import MaskRule


def usable_pixels(values: NDArray[Any], rule: MaskRule) -> NDArray[np.bool_]:
    """Pixels whose value satisfies a rule.

    Parameters
    ----------
    values
        Values of a mask, of any type; in some products they are whole numbers in a file of floating ones. What
        is no finite number cannot be used.
    rule
        The rule.
    """
    if rule == MaskRule(valid=(0,)):
        return np.asarray(values == 0)
    usable = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, np.bool_)
    if rule.valid is not None:
        usable &= np.isin(values, rule.valid)
    for value in rule.invalid:
        usable &= values != value
    if rule.bits:
        usable &= _without_bits(values, sum(1 << bit for bit in rule.bits))
    return usable


def _without_bits(values: NDArray[Any], bits: int) -> NDArray[np.bool_]:
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, 0).astype(np.int64)
    elif bits > np.iinfo(values.dtype).max:
        values = values.astype(np.int64)
    return np.asarray((values & values.dtype.type(bits)) == 0)
