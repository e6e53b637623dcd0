"""The example of docs/own_samples.md is one that can be run."""

import re
from pathlib import Path

import yaml

from tilefold.config.load import read_config
from tilefold.plan.inventory import make_plan

PAGE = Path(__file__).parents[2] / "docs" / "own_samples.md"


def test_the_example_has_no_fault(tmp_path, monkeypatch):
    blocks = re.findall(r"```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL)
    table, config = blocks[0], yaml.safe_load(blocks[1])
    (tmp_path / "samples.csv").write_text(table)
    monkeypatch.chdir(tmp_path)
    plan = make_plan(read_config(config))
    assert plan.calendars == {"sentinel": ["2018-01-15", "2018-02-15"]}
    assert [run.fold for run in plan.runs] == ["all", "without_North", "without_South"]
    assert plan.has_places
