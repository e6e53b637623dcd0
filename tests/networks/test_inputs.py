from tilefold.networks.inputs import argument_names, days_of_year, sensors_information, shapes
from tilefold.sensors.catalogue import SENSORS


def test_shapes_of_inputs(inputs):
    assert sensors_information(inputs) == {
        "sentinel2": {"nb_components": 3, "nb_dates": 2},
        "dem": {"nb_components": 2, "nb_dates": 1},
    }
    assert shapes(inputs) == {"sentinel2": (2, 3), "dem": (2,)}


def test_days_of_year(inputs):
    assert days_of_year(inputs) == {"sentinel2": {"doy": [1, 365], "days": [1, 365], "features_per_dates": 3}}


def test_days_go_on_counting_in_a_second_year(inputs):
    inputs["sentinel2"]["dates"] = ["2020-11-01", "2020-12-31", "2021-01-01", "2021-11-01"]
    found = days_of_year(inputs)["sentinel2"]
    assert found["doy"] == [306, 366, 1, 305]
    assert found["days"] == [306, 366, 367, 671]


def test_an_argument_may_have_an_older_name():
    given = ["sentinel2", "landsat8", "dem"]
    assert argument_names(given, ["s2_theia", "landsat8", "l8", "dem"]) == {
        "sentinel2": "s2_theia",
        "landsat8": "landsat8",
        "dem": "dem",
    }
    # Nothing takes it: its own name is what is asked for.
    assert argument_names(["landsat5old"], ["x"]) == {"landsat5old": "landsat5old"}


def test_older_names_are_those_of_sensors():
    from tilefold.networks.inputs import OLDER_NAMES

    assert set(OLDER_NAMES.values()) <= set(SENSORS)
    assert not set(OLDER_NAMES) & set(SENSORS)
