import numpy as np
import pandas as pd
import pytest

from tilefold.folds.areas import AreaError, Cells, count_pieces, open_area

CRS = "EPSG:32631"
#: T and its neighbour U, which overlap by 20 m.
RINGS = {
    "T": [[0.0, 0.0], [0.0, 100.0], [100.0, 100.0], [100.0, 0.0]],
    "U": [[80.0, 0.0], [80.0, 100.0], [180.0, 100.0], [180.0, 0.0]],
}
POLYGONS = pd.DataFrame({"polygon": [1, 2, 3], "fold_value": ["x", "y", ""]})


def area(buffer_m=0.0, crs=CRS, held_out=("T",), kind="tiles", indexes=None, **changes):
    barring = {"straddlers": "bar", "buffer_m": buffer_m, "crs": crs, **changes}
    if kind == "tiles":
        barring = {"boundary": "footprint", "ownership": {"crs": crs, "rings": RINGS}, **barring}
    settings = {"held_out": list(held_out), "scheme": {"kind": kind}, "barring": barring}
    return open_area(settings, POLYGONS, indexes or {})


def pixels(x, y, polygon=1):
    return pd.DataFrame({"x": np.asarray(x, float), "y": np.asarray(y, float), "polygon": polygon})


def test_footprint_with_its_border():
    places = pixels([50, 100, 100.001, -1], [50, 50, 50, 50])
    assert area().bars("U", places).tolist() == [True, True, False, False]
    assert not area().holds("U", places).any()
    assert area().holds("T", places).all()


def test_belt_is_round_and_exact():
    angle = np.linspace(0.01, np.pi / 2 - 0.01, 50)
    corner = 100 + 29.999 * np.stack([np.cos(angle), np.sin(angle)])
    beyond = 100 + 30.001 * np.stack([np.cos(angle), np.sin(angle)])
    assert area(30).bars("U", pixels(*corner)).all()
    assert not area(30).bars("U", pixels(*beyond)).any()


def test_owned_bars_what_the_tile_owns_and_the_belt_around_it():
    # T owns the plane up to x = 90, half-way between the centres.
    places = pixels([89, 91, 99, 101], [50, 50, 50, 50])
    assert area(boundary="owned").bars("T", places).all()
    assert not area(boundary="owned").bars("U", places).any()
    assert area(9.5, boundary="owned").bars("U", places).tolist() == [True, True, True, False]
    assert area(boundary="owned").footprint_tiles == frozenset()
    assert area().footprint_tiles == {"T"}


def test_field_holds_values_and_bars_what_is_near_their_pixels(tmp_path):
    pixels([0, 10, 10, 40], [0, 0, 10, 0], [1, 1, 2, 3]).to_parquet(tmp_path / "A.parquet")
    pixels([0, 0, 100], [35, 36, 0], [2, 2, 3]).to_parquet(tmp_path / "B.parquet")
    indexes = {tile: tmp_path / f"{tile}.parquet" for tile in "AB"}
    tables = {tile: pd.read_parquet(path) for tile, path in indexes.items()}
    for belt, expected in (
        (0.0, [[True, True, False, False], [False] * 3]),
        (30.0, [[True] * 4, [False] * 3]),
        (35.0, [[True] * 4, [True, False, False]]),
    ):
        found = area(belt, held_out=("x",), kind="field", indexes=indexes)
        assert [found.bars(tile, table).tolist() for tile, table in tables.items()] == expected
        assert found.holds("A", tables["A"]).tolist() == [True, True, False, False]


def test_a_polygon_without_a_value_has_no_cell():
    cells = Cells.of_scheme({"kind": "field"}, POLYGONS)
    assert cells.of_pixels("A", pixels([0] * 4, [0] * 4, [3, 1, 2, 9])).tolist() == ["", "x", "y", ""]


def test_the_run_all_holds_and_bars_nothing():
    settings = {"held_out": [], "scheme": {"kind": "tiles"}, "barring": None}
    nothing = open_area(settings, POLYGONS, {})
    places = pixels([0, 50], [0, 50])
    assert not nothing.holds("T", places).any()
    assert not nothing.bars("T", places).any()


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="degrees"):
        area(30, crs="EPSG:4326")
    with pytest.raises(AreaError, match="known are tiles, blocks, field"):
        area(kind="hexagons")
    with pytest.raises(AreaError, match="need the table of assign_blocks"):
        area(kind="blocks")


def test_pieces_of_a_held_out_tile_come_from_the_split(tmp_path):
    split = pd.DataFrame(
        {"polygon": [1, 2, 3], "owned_tiles": ["T;U", "U", ""], "owned_pixels": ["7;3", "2", ""]}
    )
    places = pixels([95, 99, 101, 95, 150], [50] * 5, [1, 1, 1, 2, 2])
    places.to_parquet(tmp_path / "U.parquet")
    pieces = count_pieces(split, {"U": tmp_path / "U.parquet"}, area())
    assert pieces.sort_values(["polygon", "tile"]).to_numpy().tolist() == [
        [1, "T", 7, 7, 7],
        [1, "U", 3, 0, 2],
        [2, "U", 2, 0, 1],
    ]
