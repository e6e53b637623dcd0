"""docs/own_samples.md and its example against the code."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tilefold.config.load import ConfigError, read_config
from tilefold.config.samples import SampleInput
from tilefold.plan.inventory import make_plan
from tilefold.plan.settings import import_samples as import_settings
from tilefold.sampling.importing import import_samples

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own_samples.md").read_text(encoding="utf-8")


def block(kind):
    return re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The example's config, in a folder with the table that the page's script makes."""
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), "own_samples.md", "exec"), {})
    config = yaml.safe_load((ROOT / "config" / "examples" / "samples.yaml").read_text())
    return {**config, "data": "data"}


def test_the_page_quotes_the_example(example):
    for section, quoted in yaml.safe_load(block("yaml")).items():
        assert {key: example[section][key] for key in quoted} == quoted


def test_the_example_has_no_fault(example):
    plan = make_plan(read_config(example))
    assert [run.fold for run in plan.runs] == [
        "all",
        *(f"without_{s}" for s in ("East", "North", "South", "West")),
    ]
    assert len(plan.calendars["sentinel2"]) == 12
    assert plan.has_places
    table = pd.read_csv("data/samples.csv")
    assert f"{len(table):,} samples of {table['field'].nunique()} fields" in PAGE


def test_the_rows_of_the_page_are_such_a_table(example):
    Path("data/samples.csv").write_text(block("text"))
    plan = make_plan(read_config(example))
    assert plan.calendars == {"sentinel2": ["2018-01-15", "2018-04-15", "2018-07-15"]}
    assert [run.fold for run in plan.runs] == ["all", "without_North", "without_South"]


def test_names_of_columns_and_dates(example):
    pattern, form, name = re.search(
        r'and `"(.+?)"` with `date_format: "(.+?)"`\s+reads `(.+?)`', PAGE
    ).groups()
    table = pd.read_csv("data/samples.csv")
    table = table.rename(columns={"B4_20180115": name, "B8_20180115": name.replace("B4", "B8")})
    table.drop(columns=table.filter(regex="^B[48]_").columns).to_csv("data/samples.csv", index=False)
    example["samples"]["inputs"]["sentinel2"] |= {"columns": pattern, "date_format": form}
    assert make_plan(read_config(example)).calendars == {"sentinel2": ["2018-01-15"]}
    assert f"the default `{SampleInput().columns}`" in PAGE


def test_every_reason_is_explained(example, tmp_path):
    """A table with a row for each reason."""
    table = pd.read_csv("data/samples.csv", dtype={"crop": object})
    table["sheet"] = "A"
    table.loc[0, "crop"] = None
    table.loc[1, "crop"] = "maize"
    table.loc[2, "sheet"] = None
    table.loc[3, "x"] = None
    table.loc[5] = table.loc[4]
    table.to_csv("data/samples.csv", index=False)
    example["samples"]["tile_field"] = "sheet"
    plan = make_plan(read_config(example))
    import_samples(
        "data/samples.csv",
        import_settings(plan),
        pools={tile: tmp_path / f"{tile}.nc" for tile in plan.tiles},
        indexes={tile: tmp_path / f"{tile}.parquet" for tile in plan.tiles},
        polygons=tmp_path / "polygons.parquet",
        rejected=tmp_path / "rejected.csv",
        table=tmp_path / "cleaning.csv",
    )
    reasons = pd.read_csv(tmp_path / "rejected.csv")["reason"]
    listed = PAGE.split("| reason in `rejected.csv`")[1].split("\n\n")[0].splitlines()[2:]
    assert sorted(reasons) == sorted(row.split("|")[1].strip() for row in listed)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("regions", {"path": "zones.gpkg", "field": "name"}),
        ("user_features", {"dem": {"path": "dem.tif"}}),
        ("external_features", {"module": "mine.py", "functions": ["f"]}),
        ("folds", {"scheme": "blocks", "block_size_m": 1000}),
    ],
)
def test_what_is_not_possible_is_refused_by_name(example, key, value):
    with pytest.raises(ConfigError, match=key):
        make_plan(read_config({**example, key: value}))
