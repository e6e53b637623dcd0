"""docs/validity.md against the code."""

import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from tilefold.config.design import Folds, Split
from tilefold.folds.imposed import allowed_roles
from tilefold.folds.roles import number_of_test, number_of_validation
from tilefold.validation.sides import FOLD_SIDES, POOLED

PAGE = (Path(__file__).parents[2] / "docs" / "validity.md").read_text(encoding="utf-8")


def rows(section):
    """Cells of the tables of a section, without headings."""
    text = re.split(r"^#+ ", PAGE.split(f"# {section}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip(" |") for cell in line] for line in lines if not line[0].startswith("---")]


def test_numbers_of_small_classes():
    split = Split()
    found = rows("Roles")[1:]
    assert len(found) == 6
    for row in found:
        groups, learn, validation, test = (int(cell) for cell in row[:4])
        tested = int(number_of_test(np.array(groups), split.ratio))
        validated = int(number_of_validation(np.array(groups - tested), split.validation_ratio))
        assert (learn, validation, test) == (groups - tested - validated, validated, tested)


@pytest.mark.parametrize("row", rows("Imposed roles")[1:], ids=lambda row: row[0])
def test_roles_beside_imposed_ones(row):
    imposed = re.findall(r"`(\w+)`", row[0])
    given = np.array(["learn", ""], object)
    allowed = allowed_roles(given, set(imposed))
    if imposed == ["learn"]:
        assert "any role" in row[2]
        row[2] = "learn, some validation, some test"
    for cell, roles in zip(row[1:], allowed, strict=True):
        assert cell.replace("some ", "").split(", ") == roles.split(";")


def test_every_scheme_and_side_has_a_row():
    schemes = " ".join(row[0] for row in rows("Held-out areas"))
    names = get_args(get_args(Folds.model_fields["scheme"].annotation)[0])
    assert [name for name in names if name != "none" and f"`{name}`" not in schemes] == []
    assert [row[0].strip("`") for row in rows("Sides")[1:]] == [*FOLD_SIDES, POOLED]


def test_keys_of_the_page_are_those_of_the_config():
    known = {"split": Split.model_fields, "folds": Folds.model_fields}
    for section, key in re.findall(r"`(split|folds)\.(\w+)", PAGE):
        assert key in known[section]
    assert f"boundary: {Folds().boundary}` (default)" in PAGE
    assert f"`{Folds().straddlers}` (default)" in PAGE
