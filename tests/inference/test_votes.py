"""Votes of several maps, against Orfeo ToolBox, its measured outputs, and loops over sets of labels."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.inference.votes import combine_beliefs, vote_by_majority
from tilefold.storage.rasters import create_raster
from tilefold.validation.masses import masses_of
from tilefold.validation.matrices import write_otb_matrix

A = np.array([[1, 1, 1, 0], [2, 2, 3, 0], [1, 2, 3, 0]])
B = np.array([[1, 2, 2, 1], [2, 2, 1, 0], [1, 0, 2, 2]])
C = np.array([[1, 2, 3, 1], [1, 2, 1, 0], [0, 0, 1, 3]])
MATRICES = [
    np.array([[8, 1, 1], [2, 7, 1], [0, 3, 7]]),
    np.array([[9, 1, 0], [4, 5, 1], [2, 2, 6]]),
    np.array([[6, 2, 2], [1, 8, 1], [1, 1, 8]]),
]
CODES = [1, 2, 3]


def undecided(fused, value=255):
    labels, tied = fused
    return np.where(tied, value, labels)


def test_majority_as_orfeo_toolbox_was_measured() -> None:
    """In the one cell with the votes 2, 0, 0 that program counted the empty votes; here they do not count."""
    expected = np.array([[1, 2, 255, 1], [2, 2, 1, 0], [1, 2, 255, 255]])
    np.testing.assert_array_equal(undecided(vote_by_majority(np.stack([A, B, C]), 0)), expected)


def test_ties_have_the_label_of_the_first_map_among_the_strongest() -> None:
    labels, tied = vote_by_majority(np.array([[3, 5, 0], [9, 2, 7], [9, 2, 0], [3, 5, 4]]), 0)
    np.testing.assert_array_equal(labels, [3, 5, 7])
    np.testing.assert_array_equal(tied, [True, True, True])


def test_beliefs_as_orfeo_toolbox_was_measured_in_accuracy_mode() -> None:
    masses = np.stack([masses_of(matrix, "accuracy") for matrix in MATRICES])
    expected = np.array([[1, 2, 255, 1], [2, 2, 1, 0], [1, 2, 255, 3]])
    np.testing.assert_array_equal(undecided(combine_beliefs(np.stack([A, B, C]), masses, CODES, 0)), expected)


def dempster(labels: tuple[int, ...], masses: list[float]) -> dict[int, float]:
    """Dempster's rule over all subsets of the labels, step by step; belief in single labels, not normalised."""
    everything = frozenset(CODES)
    combined = {everything: 1.0}
    for label, mass in zip(labels, masses, strict=True):
        if label == 0:
            continue
        joined: dict[frozenset, float] = {}
        for (one, first), (other, second) in product(
            combined.items(), {frozenset([label]): mass, everything: 1 - mass}.items()
        ):
            if one & other:
                joined[one & other] = joined.get(one & other, 0.0) + first * second
        combined = joined
    return {code: combined.get(frozenset([code]), 0.0) for code in CODES}


@pytest.mark.parametrize("kind", ["precision", "recall", "accuracy", "kappa"])
def test_beliefs_are_those_of_dempsters_rule(kind: str) -> None:
    masses = np.stack([masses_of(matrix, kind) for matrix in MATRICES])
    votes = np.array(list(product([0, *CODES], repeat=3))).T
    labels, tied = combine_beliefs(votes, masses, CODES, 0)
    for place, given in enumerate(votes.T.tolist()):
        own = [0.0 if vote == 0 else masses[one][vote - 1] for one, vote in enumerate(given)]
        belief = dempster(tuple(given), own)
        best = {code for code in CODES if belief[code] > max(belief.values()) - 1e-12 and code in given}
        if not any(given):
            assert labels[place] == 0
            assert not tied[place]
            continue
        assert labels[place] in best
        assert tied[place] == (len(best) > 1)


def test_masses_are_the_matrix_figures_by_hand() -> None:
    np.testing.assert_allclose(masses_of(MATRICES[0], "precision"), [8 / 10, 7 / 11, 7 / 9])
    np.testing.assert_allclose(masses_of(MATRICES[0], "recall"), [0.8, 0.7, 0.7])
    np.testing.assert_allclose(masses_of(MATRICES[0], "accuracy"), [22 / 30] * 3)
    chance = (10 * 10 + 10 * 11 + 10 * 9) / 900
    np.testing.assert_allclose(masses_of(MATRICES[0], "kappa"), [(22 / 30 - chance) / (1 - chance)] * 3)
    nothing = np.array([[4, 0, 0], [0, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(masses_of(nothing, "precision"), [0.8, 0, 0])


def otb_fusion(folder: Path, maps: np.ndarray, *arguments: str) -> np.ndarray:
    if shutil.which("otbcli_FusionOfClassifications") is None:
        pytest.skip("no otbcli_FusionOfClassifications; install otb-bin")
    grid = Grid("EPSG:32631", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0), *maps.shape[1:])
    paths = [folder / f"{number}.tif" for number in range(len(maps))]
    for path, labels in zip(paths, maps, strict=True):
        with create_raster(path, grid, dtype="uint8", nodata=0, descriptions=["l"], tags={}) as raster:
            raster.write(labels.astype(np.uint8), 1)
    command = ["otbcli_FusionOfClassifications", "-il", *map(str, paths), *arguments]
    done = subprocess.run(
        [*command, "-nodatalabel", "0", "-undecidedlabel", "255", "-out", str(folder / "out.tif"), "uint8"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "OTB_LOGGER_LEVEL": "ERROR"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with rasterio.open(folder / "out.tif") as raster:
        return raster.read(1)


def test_majority_equals_orfeo_toolbox_where_every_map_votes(tmp_path: Path) -> None:
    maps = np.random.default_rng(1).integers(1, 6, (5, 40, 50))
    found = otb_fusion(tmp_path, maps, "-method", "majorityvoting")
    np.testing.assert_array_equal(undecided(vote_by_majority(maps, 0)), found)
    assert 100 < (found == 255).sum() < 1500


def test_beliefs_equal_orfeo_toolbox_in_accuracy_mode(tmp_path: Path) -> None:
    maps = np.random.default_rng(2).integers(0, 4, (3, 40, 50))
    matrices = []
    for number, matrix in enumerate(MATRICES):
        write_otb_matrix(tmp_path / f"{number}.csv", matrix, CODES)
        matrices.append(str(tmp_path / f"{number}.csv"))
    found = otb_fusion(
        tmp_path,
        maps,
        *("-method", "dempstershafer", "-method.dempstershafer.mob", "accuracy"),
        *("-method.dempstershafer.cmfl", *matrices),
    )
    masses = np.stack([masses_of(matrix, "accuracy") for matrix in MATRICES])
    np.testing.assert_array_equal(undecided(combine_beliefs(maps, masses, CODES, 0)), found)


def test_more_maps_that_agree_are_believed_more() -> None:
    masses = np.full((5, 3), 0.4)
    for few, many in combinations(CODES, 2):
        labels, tied = combine_beliefs(np.array([[few], [few], [many], [many], [many]]), masses, CODES, 0)
        assert labels[0] == many
        assert not tied[0]
