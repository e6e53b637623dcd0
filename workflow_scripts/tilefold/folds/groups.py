"""Groups of polygons: what gets one role, and the classes that it holds."""

from __future__ import annotations

import pandas as pd


def classes_of_groups(polygons: pd.DataFrame) -> pd.DataFrame:
    """One row for each group: the class that it counts for when roles are drawn.

    A group whose polygons have several classes counts for the one with most pixels, the lowest code of equal ones;
    likewise with regions.

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


def classes_held(polygons: pd.DataFrame) -> pd.DataFrame:
    """One row for each group, class and region with pixels: the classes that a group's role counts for.

    Parameters
    ----------
    polygons
        One row a polygon: ``group``, ``group_id``, ``code``, ``region``, ``pixels``, and optionally ``allowed`` and
        ``role``, the same for all polygons of a group.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``id`` (of the group), ``code``, ``region`` and the optional columns, by ascending group, class and
        region.
    """
    keys = ["group", "code", "region"]
    columns = [*keys, "group_id", *(name for name in ("allowed", "role") if name in polygons)]
    held = polygons.loc[polygons["pixels"] > 0, columns].drop_duplicates(keys)
    return held.rename(columns={"group_id": "id"}).sort_values(keys, ignore_index=True)
