import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tilefold.config.documentation import configuration_page, configuration_schema
from tilefold.config.load import read_config

ROOT = Path(__file__).parents[2]


def test_page_and_schema_are_those_of_the_model():
    assert (ROOT / "docs" / "config.md").read_text() == configuration_page(), "run `make docs`"
    assert (ROOT / "config" / "schema.json").read_text() == configuration_schema(), "run `make docs`"


def test_every_key_is_explained():
    rows = [line for line in configuration_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    assert all(row.rstrip("|").rsplit("|", 1)[1].strip() for row in rows)


@pytest.mark.parametrize("name", ["demo.yaml", "examples/slovenia.yaml", "examples/toulouse_2018.yaml"])
def test_examples_pass_schema_and_model(name):
    raw = yaml.safe_load((ROOT / "config" / name).read_text())
    plain = json.loads(json.dumps(raw, default=str))
    Draft202012Validator(json.loads(configuration_schema())).validate(plain)
    assert read_config(raw).results.startswith("results/")


def test_lists_and_dicts_of_sections_are_told_apart():
    page = configuration_page()
    for key in (
        "sensors.<name>.path",
        "features.<name>[].name",
        "external_features.functions[].name",
        "reference.nomenclature[].code",
    ):
        assert f"| `{key}` |" in page
