"""Functions of users, tried out before any job."""

from pathlib import Path

import pytest

from tilefold.config.load import read_config
from tilefold.plan.external import module_faults, try_functions

EXAMPLE = Path(__file__).parents[2] / "config" / "examples" / "external_features.py"
DATES = ["2018-01-01", "2018-01-11", "2018-01-21"]
PRODUCTS = {
    tile: {"sentinel2": [{"name": date, "date": date, "stamp": [0, 0]} for date in days]}
    for tile, days in {"A": ["2018-01-03"], "B": ["2018-01-03", "2018-01-08", "2019-01-01"]}.items()
}


def config(functions, module=EXAMPLE, **options):
    return read_config(
        {
            "results": "r",
            "sensors": {"sentinel2": {"path": "p"}},
            "calendar": {"end": "2018-12-31"},
            "user_features": {"dem": {"path": "d"}},
            "external_features": {"module": str(module), "functions": functions, **options},
            "reference": {"path": "v", "class_field": "c", "nomenclature": []},
        }
    )


def tried(*functions, **options):
    return try_functions(config(list(functions), **options), {"sentinel2": DATES}, PRODUCTS)


def test_labels_say_what_the_functions_make():
    external, faults = tried("red_edge_slope", "greenness_rise", "season", "times_seen")
    assert faults == []
    assert external == {
        "extra": {"sentinel2": ["slope"]},
        "groups": {
            "rise": {"kind": "temporal", "dates": DATES[1:], "components": ["ndvi"]},
            "season": {"kind": "static", "bands": 3, "names": ["least", "greatest", "seen"]},
        },
        "raw": ["sentinel2"],
    }


def test_acquisitions_count_only_where_they_are_asked_for():
    assert tried("season")[0]["raw"] == []


def test_raw_dates_are_those_of_all_tiles_inside_the_calendar(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        "from tilefold.series.labels import I2TemporalLabel\n\n"
        "def f(self):\n    values = self.get_raw_sentinel2_B4()\n"
        "    return values, [I2TemporalLabel('raw', 'red', d) for d in self.raw_dates['Sentinel2']]\n"
    )
    external, faults = tried("f", module=module)
    assert faults == []
    assert external["groups"]["raw"]["dates"] == ["2018-01-03", "2018-01-08"]


def test_parameters_reach_the_function():
    assert tried({"name": "greenness_rise", "parameters": {"smallest": 0.1}})[1] == []
    (fault,) = tried({"name": "greenness_rise", "parameters": {"lowest": 0.1}})[1]
    assert "unexpected keyword argument 'lowest'" in fault


def test_a_margin_is_seen():
    assert tried({"name": "smoothed_nir", "parameters": {"radius": 2}}, margin=2)[1] == []


def test_without_a_file_there_is_nothing():
    raw = config([]).model_dump() | {"external_features": {}}
    assert try_functions(read_config(raw), {"sentinel2": DATES}, PRODUCTS) == (None, [])
    assert module_faults(read_config(raw).external_features) == []


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        (["seasons"], "has no function seasons; did you mean season?"),
        (["season", "season"], "several layers are labelled season least"),
    ],
)
def test_what_cannot_be_used_is_a_fault(functions, message):
    external, (fault,) = tried(*functions)
    assert external is None
    assert fault.startswith("external_features: ")
    assert message in fault


def test_faults_of_the_config_alone():
    assert module_faults(config(["f"], module="none.py").external_features) == [
        "external_features.module: no file none.py"
    ]
    (fault,) = module_faults(config([]).external_features)
    assert fault.startswith("external_features.functions: name the functions of")
    raw = config(["f"]).model_dump() | {"external_features": {"functions": ["f"]}}
    (fault,) = module_faults(read_config(raw).external_features)
    assert fault.startswith("external_features.module: missing")
