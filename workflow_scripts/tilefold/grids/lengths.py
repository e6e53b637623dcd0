"""Lengths in metres, in whatever CRS places are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

#: Earth-centred coordinates in metres, of WGS 84.
GEOCENTRIC = "EPSG:4978"


class UnitError(ValueError):
    """A length that a CRS cannot measure."""


def in_units(metres: float, crs: str) -> float:
    """A length in units of a projected CRS.

    Raises
    ------
    UnitError
        If the CRS is in degrees and the length is not 0.
    """
    system = CRS.from_user_input(crs)
    if metres and system.is_geographic:
        raise UnitError(
            f"{metres:g} m cannot be measured in {crs}, which is in degrees; set output_crs to one in metres"
        )
    return float(metres / system.axis_info[0].unit_conversion_factor)


def metric_points(x: NDArray[np.float64], y: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    """Points between which straight distances are metres.

    Those of a projected CRS are scaled by its unit; degrees become earth-centred coordinates, in which a straight
    line of 100 km is one metre shorter than the way on the ground.

    Returns
    -------
    array of float64, (points, 2 or 3)
    """
    system = CRS.from_user_input(crs)
    if system.is_geographic:
        carried = Transformer.from_crs(system, GEOCENTRIC, always_xy=True).transform(x, y, np.zeros_like(x))
        return np.column_stack(carried)
    return np.column_stack((x, y)) * float(system.axis_info[0].unit_conversion_factor)
