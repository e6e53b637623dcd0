"""Features or parts with one geometry: which of them stays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tilefold.ground_truth.marking import reject, unmarked
from tilefold.ground_truth.reasons import CONTRADICTION, DUPLICATE, GROUP_IN_TEST, IN_TEST, MAIN, TEST

#: What decides which of equal geometries stays, and the order of the cleaned file: nothing that depends on the
#: order of features.
IDENTITY = ["id", "code", "group_id", "given_split", "given_fold"]


def reject_contradictions(features: pd.DataFrame) -> None:
    """Reject features whose geometry another of the same file has with another class, known or not.

    Between the files nothing is contradictory: test polygons would be left out where training polygons disagree.
    """
    label = features["code"].astype("string").fillna(features["class_value"])
    labelled = features[(label != "") & (features["key"] != "")].assign(label=label)
    kinds = labelled.groupby(["source", "key"], sort=False)["label"].transform("nunique")
    conflicting = labelled[kinds > 1]
    named = conflicting.groupby(["source", "key"], sort=False)["label"].agg(_listed)
    place = pd.MultiIndex.from_frame(conflicting[["source", "key"]])
    reject(features, conflicting.index, CONTRADICTION, "classes " + named.reindex(place).to_numpy(object))


def reject_repeats(features: pd.DataFrame) -> None:
    """Keep one of the usable features with one geometry; what the test file has too goes from the main file."""
    usable = features.loc[unmarked(features) & (features["key"] != ""), ["source", "key", *IDENTITY]]
    tested = usable["key"].isin(usable.loc[usable["source"] == TEST, "key"])
    reject(features, usable.index[tested & (usable["source"] == MAIN)], IN_TEST)
    ordered = usable.sort_values(["source", "key", *IDENTITY], kind="stable")
    repeated = ordered.index[ordered.duplicated(["source", "key"])]
    reject(features, repeated, DUPLICATE)


def reject_groups_in_test(features: pd.DataFrame) -> None:
    """Reject features of the main file whose value in the group field is one of the test file."""
    usable = unmarked(features)
    tested = features.loc[usable & (features["source"] == TEST), "given_group"].unique()
    shared = usable & (features["source"] == MAIN) & features["given_group"].isin(np.setdiff1d(tested, [""]))
    reject(features, features.index[shared], GROUP_IN_TEST, features.loc[shared, "given_group"])


def _listed(labels: pd.Series[str]) -> str:
    return "; ".join(sorted(set(labels)))
