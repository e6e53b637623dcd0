"""Validation of a run on one of its training tiles, for those who choose models for transfer."""

from __future__ import annotations

import pandas as pd

from tilefold.folds.roles import LEARN, VALIDATION
from tilefold.storage.tables import split_list


def validate_on_tile(roles: pd.DataFrame, owned_tiles: pd.Series[str], tile: str) -> pd.DataFrame:
    """Make validation of what trains on one tile, and learn of what trains elsewhere.

    Parameters
    ----------
    roles
        Table of `fold_roles`. Roles other than learn and validation stay.
    owned_tiles
        For each of its rows, the tiles that own pixels of the polygon, joined by ";".
    tile
        The tile. A group with any pixel that it owns is validation with all its polygons, so that nothing is learnt
        from that tile and no group stands on both sides.

    Returns
    -------
    pandas.DataFrame
        The table with the new roles; ``repaired`` stays as it is.
    """
    cells = {cell: tile in split_list(cell) for cell in owned_tiles.unique()}
    there = roles["group"].isin(roles["group"][owned_tiles.map(cells).to_numpy(bool)])
    trains = roles["role"].isin([LEARN, VALIDATION])
    role = roles["role"].mask(trains & there, VALIDATION).mask(trains & ~there, LEARN)
    return roles.assign(role=role)
