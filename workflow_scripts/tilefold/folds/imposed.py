"""Roles that the reference data impose on groups, and what the others may take."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from tilefold.folds.roles import DRAWN, LEARN, NO_ROLE, TEST, VALIDATION, Roles
from tilefold.storage.tables import join_list

#: Where imposed roles come from.
NONE, FIELD, TEST_FILE = "none", "field", "test_file"

#: Values and groups that an error names.
NAMED = 10


class ImposedError(ValueError):
    """Imposed roles that cannot be followed."""


def imposed_roles(polygons: pd.DataFrame, source: str, values: Mapping[str, str] | None) -> pd.Series[str]:
    """Role that the reference data give to each group.

    Parameters
    ----------
    polygons
        One row a polygon: ``group``, ``group_id``, ``split_value`` (empty: none).
    source
        "none": nothing is imposed, whatever the values; "field": by a field; "test_file": by a file of test polygons,
        whose value is "test", beside which there may be a field.
    values
        Roles by value of the field; "test" means test in any case. None: values are the names of the roles.

    Returns
    -------
    pandas.Series
        "learn", "validation", "test" or "" by group, ascending.

    Raises
    ------
    ImposedError
        If a value is unknown, a group has two roles, the field has "validation" but never "test" while `values` is
        None (in some data that means test), or there is a file of test polygons but none is left.
    """
    if source == NONE:
        return pd.Series(NO_ROLE, np.unique(polygons["group"]), dtype=object)
    given = polygons[["group", "group_id", "split_value"]]
    roles = {role: role for role in DRAWN} if values is None else {TEST: TEST, **values}
    _refuse_unknown(given["split_value"], roles)
    role = given["split_value"].map({"": NO_ROLE, **roles})
    if values is None and (role == VALIDATION).any() and not (role == TEST).any():
        raise ImposedError(
            "reference.split_field: some values are 'validation', none is 'test'. If validation means the polygons "
            "that accuracy is computed on, say split.field_values: {learn: learn, validation: test}; if it means "
            "those looked at after each epoch, say {learn: learn, validation: validation}"
        )
    if source == TEST_FILE and not (role == TEST).any():
        raise ImposedError(
            "reference.test_path: cleaning kept none of its polygons, so nothing is left to test on; see "
            "ground_truth/rejected.gpkg for the reasons, or leave reference.test_path out"
        )
    _refuse_two_roles(given.assign(role=role))
    named = given.assign(role=role)[(role != NO_ROLE).to_numpy()].drop_duplicates("group")
    return named.set_index("group")["role"].reindex(np.unique(given["group"]), fill_value=NO_ROLE)


def allowed_roles(given: Roles, somewhere: Collection[str]) -> Roles:
    """Roles that each group may take, joined by ";".

    A role that is imposed on some group is drawn by none: beside imposed test, groups without a role of their own
    only train; beside imposed validation, validation is not drawn. Where no validation is imposed, "learn" means
    to train, and some of these groups are drawn to be validation.

    Parameters
    ----------
    given
        Role imposed on each group, "" for none.
    somewhere
        Roles imposed on any group, those without a pixel among them.
    """
    validating = [] if VALIDATION in somewhere else [VALIDATION]
    testing = [] if TEST in somewhere else [TEST]
    choices = {
        TEST: [TEST],
        VALIDATION: [VALIDATION],
        LEARN: [LEARN, *validating],
        NO_ROLE: [LEARN, *validating, *testing],
    }
    return (
        pd.Series(given).map({role: join_list(chosen) for role, chosen in choices.items()}).to_numpy(object)
    )


def _refuse_unknown(found: pd.Series[str], roles: Mapping[str, str]) -> None:
    counts = found[~found.isin(["", *roles])].value_counts()
    if len(counts):
        listed = ", ".join(f"{value!r} ({count})" for value, count in sorted(counts[:NAMED].items()))
        more = f" and {len(counts) - NAMED} more values" if len(counts) > NAMED else ""
        known = ", ".join(f"{value!r}" for value in roles)
        raise ImposedError(
            f"reference.split_field: unknown values (polygons): {listed}{more}; known are {known} and no value. "
            "Correct the field, or say in split.field_values which role each value means"
        )


def _refuse_two_roles(given: pd.DataFrame) -> None:
    roles = given.loc[given["role"] != NO_ROLE, ["group", "group_id", "role"]].drop_duplicates()
    torn = roles[roles.duplicated("group", keep=False)]
    if len(torn):
        named = torn.groupby("group_id")["role"].agg(lambda found: " and ".join(sorted(found)))
        listed = ", ".join(f"{name} ({found})" for name, found in named[:NAMED].items())
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        raise ImposedError(
            f"reference.split_field: groups with more than one role: {listed}{more}. All polygons of a group (parts "
            "of one original, or one value of reference.group_field) stand on one side; give them one role"
        )
