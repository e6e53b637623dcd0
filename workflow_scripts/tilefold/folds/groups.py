"""Groups of polygons: what gets one role, and the class that it counts for."""

from __future__ import annotations

import pandas as pd


def classes_of_groups(polygons: pd.DataFrame) -> pd.DataFrame:
    """One row for each group.

    A group whose polygons have several classes counts for the one with most pixels, the lowest code of equal ones.

    Parameters
    ----------
    polygons
        One row a polygon: ``group``, ``group_id``, ``code``, ``region``, ``pixels``.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``id`` (of the group), ``code``, ``region``, by ascending group.
    """
    totals = polygons.groupby(["group", "group_id", "region", "code"], as_index=False).agg({"pixels": "sum"})
    ordered = totals.sort_values(["group", "pixels", "code"], ascending=[True, False, True], kind="stable")
    chosen = ordered.drop_duplicates("group", ignore_index=True).rename(columns={"group_id": "id"})
    return chosen[["group", "id", "code", "region"]]
