import pandas as pd

from tilefold.folds.groups import classes_of_groups


def test_class_with_most_pixels_stands_for_the_group():
    polygons = pd.DataFrame(
        {
            "group": [2, 1, 1, 1, 3, 3],
            "group_id": ["b", "a", "a", "a", "c", "c"],
            "code": [7, 5, 4, 4, 9, 8],
            "region": "all",
            "pixels": [1, 10, 6, 6, 5, 5],
        }
    )
    found = classes_of_groups(polygons)
    assert found.to_numpy().tolist() == [[1, "a", 4, "all"], [2, "b", 7, "all"], [3, "c", 8, "all"]]
