"""Which classes of a fold's test pixels its mean F1 of common classes leaves out."""

from __future__ import annotations

import pandas as pd

from tilefold.storage.tables import split_list
from tilefold.validation.sides import OUT_OF_AREA, OUT_OF_AREA_TEST, REFERENCE


def classes_not_common(
    folds: pd.DataFrame, classes: pd.DataFrame, fold: str, seed: int
) -> tuple[list[int], list[int]]:
    """Classes with test pixels in the held-out area that the gap of mean F1 leaves out, and the gap of OA not.

    The rule is that of `validation.fold_sides.sides_of_seed`, read from the tables of the summary.

    Parameters
    ----------
    folds
        Fold table: `classes_not_learnt`, lists as text.
    classes
        Scores by class: `n_pixels` of each side.
    fold, seed
        Key of the gap.

    Returns
    -------
    (list of int, list of int)
        Those that the fold's run or the run `all` did not learn; of the others those without reference on a side.
    """
    rows = folds[(folds["fold"] == fold) & (folds["seed"] == seed)].set_index("side")["classes_not_learnt"]
    unlearnt = {int(code) for side in (OUT_OF_AREA, REFERENCE) for code in split_list(rows[side])}
    chosen = classes[(classes["fold"] == fold) & (classes["seed"] == seed)]
    pixels = chosen.pivot(index="class", columns="side", values="n_pixels")
    filled = pixels.loc[:, pixels.sum() > 0]
    tested = pixels.index[pixels[OUT_OF_AREA_TEST] > 0]
    untested = (filled.loc[tested] == 0).any(axis=1)
    return (
        [int(code) for code in tested if code in unlearnt],
        [int(code) for code in tested if code not in unlearnt and untested[code]],
    )
