import pandas as pd

from tilefold.folds.location import home_tiles, locate


def test_pixels_by_tile_counted_by_hand(write_reference, grids, ownership):
    reference = write_reference(
        [
            ("a", 1, (0, 0, 3, 2)),  # A alone
            ("b", 1, (32, 5, 2, 4)),  # in the overlap, owned by A (columns 30 to 34)
            ("c", 2, (33, 10, 5, 1)),  # astride the border between owners
            ("d", 2, (60, 0, 4, 4)),  # B alone
            ("e", 2, (80, 0, 4, 4)),  # in no tile
            ("f", 3, (0, 1, 5, 1)),  # under a: two pixels are its own
        ]
    )
    located = locate(reference, grids, ownership)
    rows = located.set_index(["polygon", "tile"])[["present", "owned"]].to_dict("index")
    assert {key: tuple(value.values()) for key, value in rows.items()} == {
        (1, "A"): (6, 6),
        (2, "A"): (8, 8),
        (2, "B"): (8, 0),
        (3, "A"): (5, 2),
        (3, "B"): (5, 3),
        (4, "B"): (16, 16),
        (6, "A"): (2, 2),
    }


def test_home_is_where_most_owned_pixels_are_and_the_first_of_equals():
    located = pd.DataFrame(
        {
            "polygon": [1, 1, 2, 2, 3, 4, 4],
            "tile": ["A", "B", "B", "A", "A", "A", "B"],
            "owned": [3, 4, 5, 5, 0, 9, 1],
        }
    )
    assert home_tiles(located, "polygon").to_dict() == {1: "B", 2: "A", 4: "A"}


def test_reference_outside_all_tiles(write_reference, grids, ownership):
    located = locate(write_reference([("a", 1, (90, 90, 2, 2))]), grids, ownership)
    assert located.empty
    assert home_tiles(located, "polygon").empty
