"""The plan of a table of samples: faults before any job, and what each field of the config changes."""

import json

import numpy as np
import pandas as pd
import pytest

from tilefold.config.load import ConfigError, read_config
from tilefold.config.samples import SampleInput, Samples
from tilefold.plan.inventory import make_plan
from tilefold.plan.plan import Plan
from tilefold.plan.settings import BUILDERS, rule_settings

POOLS = {"import_samples", "assemble_samples"}


@pytest.fixture
def raw(tmp_path):
    """Two bands of one sensor at two dates, a static value, coordinates, two countries."""
    rng = np.random.default_rng(0)
    columns = [f"{band}_{date}" for band in ("B4", "B8", "B9") for date in ("20200101", "20200201")]
    frame = pd.DataFrame(rng.integers(0, 9, (8, 6)), columns=columns)
    frame = frame.assign(lc=[1, 2] * 4, country=["fr"] * 4 + ["es"] * 4, kind=["a", "b"] * 4)
    frame = frame.assign(x=1.0, y=2.0, ph=6.5, k=7.0, other=["u"] * 4 + ["v"] * 4)
    frame.to_csv(tmp_path / "t.csv", index=False)
    return {
        "results": "r",
        "samples": {
            "inputs": {"own": {"bands": ["B4", "B8"], "aliases": {"red": "B4", "nir": "B8"}}},
            "static": {"soil": ["ph"]},
            "tile_field": "country",
        },
        "features": {"own": ["ndvi"]},
        "reference": {
            "path": str(tmp_path / "t.csv"),
            "class_field": "lc",
            "nomenclature": [{"code": 1, "label": "one"}, {"code": 2, "label": "two"}],
        },
        "folds": {"scheme": "leave_one_tile_out"},
    }


def with_values(raw, **values):
    copy = json.loads(json.dumps(raw))
    for key, value in values.items():
        *sections, last = key.split("__")
        section = copy
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = value
    return copy


def settings(raw):
    plan = make_plan(read_config(raw))
    wildcards = {"fold": plan.runs[-1].fold, "seed": "0", "region": "all"}
    wildcards |= {"candidate": next(iter(plan.candidates))}
    rules = ("import_samples", "split_samples", "select_samples", "assemble_samples", "train_candidate")
    rules += ("predict_samples", "validate_run")
    found = {}
    for rule in rules:
        names = BUILDERS[rule].__code__.co_varnames[1 : BUILDERS[rule].__code__.co_argcount]
        found[rule] = rule_settings(plan, rule, {name: wildcards[name] for name in names})
    return found


def changed(before, after):
    first, second = settings(before), settings(after)
    return {rule for rule in first if first[rule] != second[rule]}


def faults(raw):
    with pytest.raises(ConfigError) as caught:
        make_plan(read_config(raw))
    return caught.value.faults


def test_tiles_and_dates_are_those_of_the_table_and_nothing_is_mapped(raw):
    plan = make_plan(read_config(raw))
    assert plan.tiles == ["es", "fr"]
    assert plan.calendars == {"own": ["2020-01-01", "2020-02-01"]}
    assert [run.fold for run in plan.runs] == ["all", "without_es", "without_fr"]
    assert all(run.map_tiles == () for run in plan.runs)
    assert not plan.has_places
    again = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert again == plan


def test_a_tile_may_be_left_out(raw):
    plan = make_plan(read_config(with_values(raw, tiles__train=["fr"], folds__scheme="none")))
    assert plan.tiles == ["fr"]
    assert plan.table["tiles"] == {"fr": "fr"}


def test_folds_by_a_field_need_no_tiles(raw):
    by_field = with_values(raw, folds={"scheme": "field", "field": "other"}, samples__tile_field=None)
    plan = make_plan(read_config(by_field))
    assert plan.tiles == ["all"]
    assert [run.held_out for run in plan.runs] == [(), ("u",), ("v",)]


#: What each field of the table changes; `values` and `scale` are of pools, features of the database alone.
DEPENDS = {
    "samples.inputs.columns": ("{band}_{date}1", None),
    "samples.inputs.bands": (["B4", "B9"], None),
    "samples.inputs.date_format": ("%Y%d%m", POOLS),
    "samples.inputs.values": ("physical", POOLS),
    "samples.inputs.scale": (0.5, POOLS),
    "samples.inputs.offset": (1.0, POOLS),
    "samples.inputs.nodata": (7.0, {"import_samples"}),
    "samples.inputs.aliases": ({"red": "B8", "nir": "B4"}, {"assemble_samples"}),
    "samples.static": ({"soil": ["k"]}, POOLS),
    "samples.x": ("x", None),
    "samples.y": ("y", None),
    "samples.crs": ("EPSG:2154", None),
    "samples.tile_field": (
        "kind",
        {"import_samples", "select_samples", "assemble_samples", "predict_samples"},
    ),
}


def test_every_field_is_in_the_table():
    named = {f"samples.{name}" for name in Samples.model_fields if name != "inputs"}
    assert named | {f"samples.inputs.{name}" for name in SampleInput.model_fields} == set(DEPENDS)


@pytest.mark.parametrize("key", [key for key, (_, rules) in DEPENDS.items() if rules is not None])
def test_a_flipped_field_changes_what_depends_on_it(raw, key):
    value, expected = DEPENDS[key]
    path = key.replace("samples.inputs.", "samples.inputs.own.").replace(".", "__")
    found = changed(raw, with_values(raw, **{path: value}))
    assert found - {"validate_run", "train_candidate"} == expected


def test_coordinates_concern_the_pools_and_what_is_near(raw):
    placed = with_values(raw, samples__x="x", samples__y="y", samples__crs="EPSG:2154")
    assert make_plan(read_config(placed)).has_places
    assert changed(raw, placed) == {"import_samples", "select_samples"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"samples__x": "x"}, "samples.y: coordinates need x, y and crs; give all three or none"),
        (
            {"samples__x": "x", "samples__y": "y", "samples__crs": "EPSG:0"},
            "samples.crs: found 'EPSG:0', which is no CRS; give for example EPSG:2154",
        ),
        (
            {"folds": {"scheme": "blocks", "block_size_m": 100}},
            "folds.scheme: blocks need images; with samples make folds by tiles or by a field",
        ),
        (
            {"folds__buffer_m": 50},
            "folds.buffer_m: needs coordinates; give samples.x, samples.y and samples.crs",
        ),
        (
            {"samples__x": "x", "samples__y": "y", "samples__crs": "EPSG:2154", "folds__buffer_m": 50},
            "folds.buffer_m: a table does not say where tiles end; hold out values of the column of tiles with "
            "folds.scheme: field and folds.field: country",
        ),
        (
            {"resolution": 20},
            "resolution: found with samples, which have no images and no shapes; remove it",
        ),
        (
            {"reference__min_area": 3},
            "reference.min_area: found with samples, which have no images and no shapes; remove it",
        ),
        (
            {"tiles__train": ["fr", "de"]},
            "tiles.train: no sample is of de; tiles of the table are es, fr",
        ),
        ({"reference__class_field": "lcc"}, None),
    ],
)
def test_faults(raw, values, expected):
    found = faults(with_values(raw, **values))
    assert len(found) == 1
    if expected is not None:
        assert found == [expected]
    else:
        assert "did you mean lc?" in found[0]
