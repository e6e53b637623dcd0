"""Which predicted pixels stand on which side of a fold."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

IN_AREA = "in_area"
OUT_OF_AREA = "out_of_area"
OUT_OF_AREA_TEST = "out_of_area_test"
REFERENCE = "reference"
POOLED = "pooled"

#: Sides that compare a fold with itself and with the run `all`, in the order of the tables.
FOLD_SIDES = (IN_AREA, OUT_OF_AREA, OUT_OF_AREA_TEST, REFERENCE)

ALL = "all"
TEST = "test"


class UnpairedError(ValueError):
    """Two models that should have predicted the same pixels did not."""


def sides_of_run(held_out: Collection[str]) -> tuple[str, ...]:
    """Sides on which a run's own predictions are scored."""
    return (OUT_OF_AREA, OUT_OF_AREA_TEST, IN_AREA) if held_out else (IN_AREA,)


def side_rows(counts: pd.DataFrame, side: str) -> pd.DataFrame:
    """Rows of a run's counts that form one side of that run.

    Parameters
    ----------
    counts
        Columns `role` and `held_out_pixel` and others. For pixels of the held-out area the role is the
        split's, for others the run's own.
    side
        `in_area`: role test outside the held-out area. `out_of_area`: every pixel of the held-out area,
        whatever its role. `out_of_area_test`: those of role test.
    """
    held_out = counts["held_out_pixel"].astype(bool)
    test = counts["role"] == TEST
    chosen = {IN_AREA: test & ~held_out, OUT_OF_AREA: held_out, OUT_OF_AREA_TEST: held_out & test}
    if side not in chosen:
        raise ValueError(f"a run has no side {side!r}; its sides are {', '.join(chosen)}")
    return counts[chosen[side]]


def reference_rows(counts_of_all: pd.DataFrame, held_out: Collection[str]) -> pd.DataFrame:
    """Rows of the run `all` on the pixels of a fold's `out_of_area_test`."""
    inside = counts_of_all["cell"].isin(list(held_out))
    return counts_of_all[inside & (counts_of_all["role"] == TEST)]


def check_paired(reference: pd.DataFrame, transferred: pd.DataFrame, fold: str) -> None:
    """Refuse a comparison of two models on different pixels.

    Raises
    ------
    UnpairedError
        If the two differ in the number of pixels of a polygon in a tile.
    """
    keys = ["tile", "polygon"]
    both = pd.concat(
        {
            REFERENCE: reference.groupby(keys)["pixels"].sum(),
            OUT_OF_AREA_TEST: transferred.groupby(keys)["pixels"].sum(),
        },
        axis=1,
    ).fillna(0)
    different = both[both[REFERENCE] != both[OUT_OF_AREA_TEST]]
    if len(different):
        first = different.reset_index().iloc[0]
        raise UnpairedError(
            f"fold {fold}: the run `all` and the fold's run predicted different test pixels of the held-out "
            f"area, in {len(different)} polygon(s); the first is polygon {first['polygon']} in tile "
            f"{first['tile']} with {int(first[REFERENCE])} and {int(first[OUT_OF_AREA_TEST])} pixels. "
            "Both must come from one split: predict the samples of both runs again"
        )


def disjoint_folds(held_out: dict[str, Sequence[str]]) -> list[str]:
    """Folds whose areas do not overlap, so that `pooled` holds each pixel once.

    Folds are taken in the given order; one that shares a cell (see `folds.areas`) with a fold already taken is
    left out.
    """
    taken: set[str] = set()
    folds = []
    for fold, area in held_out.items():
        if area and taken.isdisjoint(area):
            folds.append(fold)
            taken.update(area)
    return folds
