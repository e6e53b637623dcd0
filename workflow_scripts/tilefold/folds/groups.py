"""Groups of polygons: what gets one role, and the class that it counts for."""

from __future__ import annotations

import pandas as pd


def classes_of_groups(polygons: pd.DataFrame) -> pd.DataFrame:
    """One row for each group.

    A group whose polygons have several classes counts for the one with most pixels, the lowest code of equal ones.

    Parameters
    ----------
    polygons
        One row a polygon: ``group``, ``id``, ``code``, ``region``, ``pixels``.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``id``, ``code``, ``region``, by ascending group.
    """
    totals = polygons.groupby(["group", "id", "region", "code"], as_index=False).agg({"pixels": "sum"})
    ordered = totals.sort_values(["group", "pixels", "code"], ascending=[True, False, True], kind="stable")
    return ordered.drop_duplicates("group", ignore_index=True)[["group", "id", "code", "region"]]
