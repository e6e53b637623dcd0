import pytest

from tilefold.config.load import read_config
from tilefold.plan.resampling import block_size, resampling_faults, resampling_kind


def config(bootstrap=None, folds=None, samples=None, **reference):
    raw = {
        "results": "r",
        "reference": {
            "path": "v.gpkg",
            "class_field": "code",
            "nomenclature": [{"code": 1, "label": "one"}],
            **reference,
        },
        "validation": {"bootstrap": bootstrap or {}},
        "folds": folds or {},
    }
    raw |= {"sensors": {"sentinel2": {"path": "p"}}} if samples is None else {"samples": samples}
    return read_config(raw)


FOLDS = {"scheme": "blocks", "block_size_m": 700.0}


@pytest.mark.parametrize(
    ("asked", "field", "kind"),
    [
        (None, None, "polygon"),
        (None, "farm", "group"),
        ("polygon", "farm", "polygon"),
        ("group", None, "group"),
        ("block", "farm", "block"),
    ],
)
def test_groups_are_resampled_where_there_are_some_unless_another_unit_is_asked_for(asked, field, kind):
    assert resampling_kind(config({"unit": asked}, group_field=field)) == kind


def test_blocks_are_as_large_as_asked_for_or_those_of_the_folds():
    assert block_size(config({"unit": "block", "block_m": 300.0}, FOLDS)) == 300
    assert block_size(config({"unit": "block"}, FOLDS)) == 700
    assert block_size(config({"unit": "block"})) is None
    for right in ({"unit": "block", "block_m": 300.0}, {"unit": "polygon"}, None):
        assert resampling_faults(config(right)) == []
    assert resampling_faults(config({"unit": "block"}, FOLDS)) == []


def test_faults_say_what_to_give():
    (fault,) = resampling_faults(config({"unit": "block"}))
    assert fault.startswith("validation.bootstrap.block_m: missing")
    (fault,) = resampling_faults(config({"block_m": 300.0}))
    assert fault.startswith("validation.bootstrap.block_m: found 300, which only the unit block")
    samples = {"inputs": {"sentinel2": {}}}
    (fault,) = resampling_faults(config({"unit": "block", "block_m": 300.0}, samples=samples))
    assert fault.startswith("validation.bootstrap.unit: found block, which needs coordinates")
    places = {**samples, "x": "x", "y": "y", "crs": "EPSG:32631"}
    assert resampling_faults(config({"unit": "block", "block_m": 300.0}, samples=places)) == []
