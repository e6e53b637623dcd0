"""The lattice on which several tiles form one mosaic."""

from __future__ import annotations

import pytest

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.inference.lattice import LatticeError, common_grid, same_grid


def grid(
    left: float, top: float, *, height: int = 10, width: int = 12, size: float = 10.0, crs: str = "EPSG:32631"
) -> Grid:
    return Grid(crs, (size, 0.0, left, 0.0, -size, top), height, width)


def test_common_grid_holds_all_tiles() -> None:
    # Tile B begins 8 columns to the right of A and 3 rows above it.
    common, windows = common_grid({"A": grid(1000, 2000), "B": grid(1080, 2030)})
    assert common == grid(1000, 2030, height=13, width=20)
    assert windows == {"A": Window(3, 13, 0, 12), "B": Window(0, 10, 8, 20)}


def test_common_grid_of_one_tile_is_its_own() -> None:
    assert common_grid({"A": grid(5, 7)}) == (grid(5, 7), {"A": Window(0, 10, 0, 12)})


def test_rounding_of_coordinates_is_no_fault() -> None:
    common, windows = common_grid({"A": grid(1000, 2000), "B": grid(1080.0004, 2000, size=10.0000001)})
    assert common.transform == grid(1000, 2000).transform
    assert windows["B"] == Window(0, 10, 8, 20)


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        (grid(1080, 2000, crs="EPSG:32632"), "EPSG:32632"),
        (grid(1080, 2000, size=20.0), "20.0"),
        (grid(1083, 2000), "8.300 columns"),
        (grid(1080, 2004), "-0.400 rows"),
    ],
)
def test_tiles_off_the_lattice_are_named_with_what_to_do(other: Grid, fault: str) -> None:
    with pytest.raises(LatticeError, match="output_crs") as error:
        common_grid({"T31TCJ": grid(1000, 2000), "T32TLQ": other})
    assert "T31TCJ and T32TLQ" in str(error.value)
    assert fault in str(error.value)


def test_same_grid_looks_at_the_pixels_not_the_spelling() -> None:
    import pyproj

    assert same_grid(grid(0, 0), grid(0, 0, crs=pyproj.CRS("EPSG:32631").to_wkt()))
    assert not same_grid(grid(0, 0), grid(10, 0))
    assert not same_grid(grid(0, 0), grid(0, 0, height=11))
