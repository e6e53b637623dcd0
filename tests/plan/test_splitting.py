import pytest

from tilefold.config.data import LandCoverClass
from tilefold.config.load import ConfigError, read_config
from tilefold.plan.runs import plan_runs
from tilefold.plan.splitting import share_faults, validation_faults, validation_tile

MINIMAL = {
    "results": "r",
    "sensors": {"sentinel2": {"path": "p"}},
    "reference": {"path": "v.gpkg", "class_field": "code", "nomenclature": "n.csv"},
}
CLASSES = [LandCoverClass(code=11, label="a"), LandCoverClass(code=12, label="b")]
TILES = ["A", "B", "C"]


def config(split=None, folds=None, split_field=None):
    return read_config(
        {
            **MINIMAL,
            "reference": {**MINIMAL["reference"], "split_field": split_field},
            "split": split or {},
            "folds": folds or {},
        }
    )


def refused(**split):
    with pytest.raises(ConfigError) as caught:
        config(split)
    return caught.value.faults


def test_shares_of_unknown_classes_are_refused():
    chosen = config({"ratio": {"default": 0.7, 11: 0.5, 13: 0.5, 14: 0.1}, "validation_ratio": {12: 0.3}})
    assert share_faults(chosen.split, CLASSES) == [
        "split.ratio: found a share for 13, 14, which the nomenclature does not have; its codes are 11, 12"
    ]


@pytest.mark.parametrize(
    ("share", "start"),
    [
        (1.5, "split.ratio: found 1.5;"),
        ({"default": 0.0}, "split.ratio.default: found 0.0;"),
        ({11: "many"}, "split.ratio.11: found 'many';"),
        ({"wheat": 0.5}, "split.ratio.wheat: found 'wheat';"),
    ],
)
def test_wrong_shares_are_one_fault(share, start):
    (fault,) = refused(ratio=share)
    assert fault.startswith(start)


def test_values_of_a_field_that_is_not_named():
    (fault,) = validation_faults(config({"field_values": {"a": "learn"}}), TILES)
    assert fault.startswith("split.field_values: no field")
    assert validation_faults(config({"field_values": {"a": "learn"}}, split_field="s"), TILES) == []


def test_test_means_test():
    (fault,) = refused(field_values={"test": "learn"})
    assert "the value test means test" in fault
    (fault,) = refused(field_values={"a": "train"})
    assert fault.startswith("split.field_values.a: found 'train'")


def test_singletons_cannot_be_both_where_a_tile_is_validation():
    (fault,) = refused(singletons="both", validation_by="tile")
    assert "choose one of them" in fault


def test_the_tile_of_validation_needs_another_to_learn_on():
    by_tile = config({"validation_by": "tile"}, {"scheme": "leave_one_tile_out"})
    assert validation_faults(by_tile, TILES) == []
    assert validation_faults(by_tile, ["A", "B"]) == [
        "split.validation_by: tile needs two training tiles in every run; without_A, without_B would have one"
    ]


def test_the_tile_of_validation_rotates_with_the_seed_among_those_that_train():
    by_tile = config({"validation_by": "tile"}, {"scheme": ["B"]})
    runs = plan_runs(by_tile.folds, [0, 1, 2, 7], TILES, TILES)
    found = {(run.fold, run.seed): validation_tile(by_tile.split, run) for run in runs}
    assert [found["all", seed] for seed in (0, 1, 2, 7)] == ["A", "B", "C", "B"]
    assert [found["without_B", seed] for seed in (0, 1, 2, 7)] == ["A", "C", "A", "C"]
    assert validation_tile(config().split, runs[0]) is None
