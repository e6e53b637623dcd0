import pytest

from tilefold.config.load import ConfigError, read_config

MINIMAL = {
    "results": "r",
    "sensors": {"sentinel2": {"path": "p"}},
    "reference": {"path": "v.gpkg", "class_field": "code", "nomenclature": "n.csv"},
}


def faults(**changes):
    with pytest.raises(ConfigError) as caught:
        read_config({**MINIMAL, **changes})
    return caught.value.faults


def test_defaults_are_those_of_the_reference_system():
    training = read_config(MINIMAL).training
    assert training.hyperparameters_solver.batch_size == [1000]
    assert training.hyperparameters_solver.learning_rate == [1e-5]
    assert (training.epochs, training.model_selection_criterion, training.weighted_labels) == (
        100,
        "loss",
        False,
    )
    assert (training.dataloader_mode, training.restart_from_checkpoint) == ("stream", True)


def test_unknown_key_is_named_with_the_nearest_known_one():
    assert faults(trainin={}) == ["trainin: unknown key; did you mean training?"]
    assert faults(training={"epoch": 3}) == ["training.epoch: unknown key; did you mean epochs?"]


def test_every_fault_is_listed_at_once():
    found = faults(split={"ratio": 1.5}, training={"epochs": 0}, tiles={"train": ["A", "A"]})
    assert len(found) == 3
    assert found[0].startswith("split.ratio: found 1.5;")
    assert found[1].startswith("tiles.train:")
    assert found[2].startswith("training.epochs: found 0;")


def test_missing_key_is_named():
    with pytest.raises(ConfigError, match=r"reference\.class_field: missing"):
        read_config({**MINIMAL, "reference": {"path": "v", "nomenclature": "n"}})


def test_data_folder_fills_paths_anywhere():
    config = read_config({**MINIMAL, "data": "/d/", "sensors": {"sentinel2": {"path": "{data}/s2/{tile}"}}})
    assert config.sensors["sentinel2"].path == "/d/s2/{tile}"


def test_candidates_are_all_pairs_in_order_with_names_that_say_them():
    config = read_config(
        {
            **MINIMAL,
            "training": {"hyperparameters_solver": {"batch_size": [8, 16], "learning_rate": [1e-3, 1e-5]}},
        }
    )
    assert [item["name"] for item in config.training.candidates()] == [
        "batch_8_lr_0.001",
        "batch_8_lr_1e-05",
        "batch_16_lr_0.001",
        "batch_16_lr_1e-05",
    ]


def test_faults_of_keys_say_that_the_data_were_not_looked_at():
    with pytest.raises(ConfigError, match=r"mend these, then the data are checked too$"):
        read_config({**MINIMAL, "trainin": {}})


def test_a_value_of_several_forms_gives_one_fault():
    assert faults(folds={"scheme": "leave_one_tile"}) == [
        "folds.scheme: found 'leave_one_tile'; expected 'none', 'leave_one_tile_out', 'blocks' or 'field'; "
        "did you mean leave_one_tile_out?"
    ]
    assert faults(folds={"scheme": [["A"], ["b!"]]}) == [
        "folds.scheme.1.0: found 'b!'; string should match pattern '^[A-Za-z0-9]+$'"
    ]
    assert faults(features={"own": [{"nam": "x", "expression": "red"}]}) == [
        "features.own.0.nam: unknown key",
        "features.own.0.name: missing, and there is no default",
    ]
    assert faults(training={"dl_parameters": {"a": [1]}}) == [
        "training.dl_parameters.a: found [1]; expected a boolean or an integer or a number or a string"
    ]
