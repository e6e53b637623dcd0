import pytest

from tilefold.config.load import read_config
from tilefold.plan.design import check_design, network_input_faults

OWN = """
from tilefold.networks.base import TilefoldNetwork

class Own(TilefoldNetwork):
    def forward(self, s2_theia, dem, rise=None):
        return None
"""


@pytest.fixture
def design(tmp_path):
    """Function from changes of a config to its faults."""
    file = tmp_path / "own.py"
    file.write_text(OWN)

    def read(dl_name="Own", dl_module=str(file), dl_parameters=None, **changes):
        raw = {
            "results": "r",
            "tiles": {"train": ["A"], "map": ["A"]},
            "sensors": {"sentinel2": {"path": "p"}},
            "calendar": {"start": "2018-01-01", "end": "2018-12-31"},
            "user_features": {"dem": {"path": "dem.tif"}},
            "reference": {
                "path": "v.gpkg",
                "class_field": "code",
                "nomenclature": [{"code": 1, "label": "one"}, {"code": 2, "label": "two"}],
            },
            "training": {"dl_name": dl_name, "dl_module": dl_module, "dl_parameters": dl_parameters or {}},
        }
        return read_config(raw | changes)

    return read


def test_a_sound_network(design):
    assert check_design(design()).faults == []
    assert check_design(design("LTAE", None, {"heads": 8})).faults == []


def test_events_without_the_package_that_writes_them(design, monkeypatch):
    wanted = design("LTAE", None, training={"tensorboard": True})
    assert check_design(wanted).faults == []
    monkeypatch.setattr("tilefold.plan.design.find_spec", lambda _: None)
    (fault,) = check_design(wanted).faults
    assert fault.startswith("training.tensorboard: the package tensorboard is not installed")
    assert check_design(design("LTAE", None)).faults == []


def test_inputs_that_the_network_does_not_take(design):
    (fault,) = check_design(design(user_features={"slope": {"path": "s.tif"}})).faults
    assert fault.startswith("training.dl_module: forward of Own in ")
    assert fault.endswith(
        " takes (s2_theia, dem, rise), expected one argument for each input (sentinel2, slope); it lacks slope; "
        "no input is called dem"
    )


def test_values_of_the_constructor(design):
    (fault,) = check_design(design("TempCNN", None, {"filters": 6.5})).faults
    assert fault == "training.dl_parameters.filters: TempCNN needs int, found 6.5"


def test_groups_of_external_features_are_known_later(design):
    config = design(
        user_features={"dem": {"path": "dem.tif"}}, external_features={"module": "m.py", "functions": ["f"]}
    )
    assert check_design(config).faults == []
    rise = {"kind": "temporal", "dates": ["2018-02-01"], "components": ["a"]}
    assert network_input_faults(config, {"rise": rise}) == []
    (fault,) = network_input_faults(config, {"fall": rise})
    assert fault.endswith("; it lacks fall")


def test_static_inputs_alone(design):
    samples = {"static": {"soil": ["ph", "clay"]}}
    faults = [
        check_design(design(name, None, sensors={}, user_features={}, samples=samples)).faults
        for name in ("ANN", "ResNet1D")
    ]
    assert faults[0] == []
    assert "training.dl_name: ResNet1D needs an input with dates, found only soil" in faults[1][0]
