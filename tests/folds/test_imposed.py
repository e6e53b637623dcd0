import numpy as np
import pandas as pd
import pytest

from tilefold.folds.imposed import ImposedError, allowed_roles, imposed_roles


def polygons(*rows):
    """Rows of (group, value)."""
    return pd.DataFrame(
        {
            "group": [group for group, _ in rows],
            "group_id": [f"id{group}" for group, _ in rows],
            "split_value": [value for _, value in rows],
        }
    )


def imposed(*rows, source="field", values=None):
    return imposed_roles(polygons(*rows), source, values).to_dict()


def test_roles_by_their_names():
    found = imposed((1, "learn"), (2, "test"), (3, ""), (4, "validation"))
    assert found == {1: "learn", 2: "test", 3: "", 4: "validation"}


def test_one_part_with_a_value_speaks_for_its_group():
    assert imposed((2, ""), (1, "test"), (2, "learn"), (1, ""), (1, "test")) == {1: "test", 2: "learn"}


def test_roles_by_the_values_of_the_user():
    values = {"1": "learn", "2": "test", "v": "validation"}
    assert imposed((1, "1"), (2, "2"), (3, "v"), (4, "test"), values=values) == {
        **{1: "learn", 2: "test"},
        **{3: "validation", 4: "test"},
    }


def test_nothing_is_imposed_whatever_the_values():
    assert imposed((1, "test"), (2, "nonsense"), source="none") == {1: "", 2: ""}


def test_unknown_values_are_listed_with_their_numbers():
    with pytest.raises(
        ImposedError, match=r"'Test' \(1\), 'train' \(2\); known are 'learn', 'validation', 'test'"
    ):
        imposed((1, "train"), (2, "learn"), (3, "train"), (4, "Test"))
    many = [(number, f"v{number:02}") for number in range(12)]
    with pytest.raises(ImposedError, match=r"and 2 more values; known are 'test', 'x' and no value"):
        imposed(*many, values={"x": "learn"})


def test_groups_with_two_roles_are_named():
    rows = [(1, "learn"), (1, "test"), (2, "test"), (3, "validation"), (3, "learn"), (3, "")]
    with pytest.raises(ImposedError, match=r"id1 \(learn and test\), id3 \(learn and validation\)\."):
        imposed(*rows)


def test_validation_without_test_is_asked_about():
    rows = [(1, "learn"), (2, "validation"), (3, "")]
    with pytest.raises(ImposedError, match=r"split\.field_values: \{learn: learn, validation: test\}"):
        imposed(*rows)
    assert imposed(*rows, values={"learn": "learn", "validation": "test"})[2] == "test"
    assert imposed(*rows, values={"learn": "learn", "validation": "validation"})[2] == "validation"
    # A file of test polygons says what test is.
    assert imposed(*rows, (4, "test"), source="test_file")[2] == "validation"


def test_a_file_of_test_polygons_of_which_none_is_left():
    with pytest.raises(ImposedError, match=r"reference\.test_path: cleaning kept none"):
        imposed((1, ""), (2, "learn"), source="test_file")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("none", "learn;validation;test"),
        ("learn", "learn;validation;test"),
        ("learn test", "learn;validation"),
        ("learn validation", "learn;test"),
        ("learn test validation", "learn"),
    ],
)
def test_what_is_imposed_on_some_is_drawn_by_no_other(given, expected):
    roles = np.array(["", *([] if given == "none" else given.split())], object)
    allowed = allowed_roles(roles, roles).tolist()
    assert allowed[0] == expected
    training = "learn" if "validation" in given else "learn;validation"
    assert allowed[1:] == [{"learn": training}.get(role, role) for role in roles[1:]]


def test_what_is_imposed_on_groups_without_a_pixel_counts():
    assert allowed_roles(np.array([""], object), {"", "test"}).tolist() == ["learn;validation"]
