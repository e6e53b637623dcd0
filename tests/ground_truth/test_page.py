"""docs/reference_data.md against the code."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from tilefold.config.data import LandCoverClass, Reference
from tilefold.ground_truth import reasons
from tilefold.plan.nomenclature import read_nomenclature

PAGE = (Path(__file__).parents[2] / "docs" / "reference_data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "reason",
    [
        *reasons.REJECTED,
        *(reasons.TAKEN_APART, reasons.AREA_GAINED, reasons.AREA_LOST, reasons.SUB_PIXEL, reasons.NARROW),
        *(reasons.OVERLAPS, reasons.OTHER_FILE),
    ],
)
def test_every_reason_is_explained(reason):
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")]
    assert any(reason in row for row in rows)


def test_options_and_their_defaults():
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for name, default in rows:
        value = Reference.model_fields[name].default
        assert default.strip("`") == ("none" if value is None else f"{value:g}" if value == 0 else value)


def test_the_forms_of_a_nomenclature_say_the_same(tmp_path):
    table = tmp_path / "n.csv"
    table.write_text(re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1], encoding="utf-8")
    from_csv, faults = read_nomenclature(str(table))
    assert faults == []
    examples = [
        yaml.safe_load(text)["reference"] for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    ]
    in_config = [LandCoverClass.model_validate(item) for item in examples[-1]["nomenclature"]]
    assert from_csv == in_config
    assert set(examples[0]) == {"nomenclature", "colours"}
    assert next(csv.reader(table.open(encoding="utf-8"))) == [*LandCoverClass.model_fields]


def test_the_command_of_the_page_is_one(capsys):
    from tilefold.cli import main

    words = re.search(r"tilefold (clean .*)", PAGE)[1].split()
    assert main([word for word in words if word not in ("--out", "checked")]) == 1
    assert "cannot be read as a vector file" in capsys.readouterr().err
