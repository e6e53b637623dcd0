import pandas as pd

from tilefold.folds.validation_tile import validate_on_tile


def test_who_learns_and_who_validates():
    rows = [
        # group, role in the run, tiles that own pixels
        (1, "learn", "A"),
        (2, "validation", "A"),
        (3, "learn", "B"),
        (4, "validation", "B"),
        (5, "learn", "A;B"),  # straddles
        (6, "learn", "A"),  # a part of a group ...
        (6, "learn", "B"),  # ... whose other part is there
        (7, "test", "A"),
        (8, "test", "B"),
        (9, "", "B"),  # barred
        (10, "fusion_test", "B"),
        (11, "learn", "AB"),  # another tile
    ]
    roles = pd.DataFrame({"group": [r[0] for r in rows], "role": [r[1] for r in rows], "repaired": False})
    found = validate_on_tile(roles, pd.Series([r[2] for r in rows]), "B")
    assert found["role"].tolist() == [
        *("learn", "learn", "validation", "validation", "validation", "validation", "validation"),
        *("test", "test", "", "fusion_test", "learn"),
    ]
    assert roles["role"].tolist() == [r[1] for r in rows]
