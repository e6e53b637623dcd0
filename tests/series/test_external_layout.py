from typing import Any

import pytest

from tilefold.series.external_layout import LayoutError, arrange, external_descriptions, external_layers

DATES = ["2018-01-01", "2018-01-11"]
SENSORS = {"s2": {"dates": DATES, "components": ["B4", "ndvi"]}}


def dated(sensor: str, feature: str, dates: list[str] = DATES) -> list[tuple[str, str, str | None]]:
    return [(sensor, feature, date) for date in dates]


def test_layers_join_a_sensor_or_make_groups() -> None:
    layers = [
        *dated("s2", "slope"),
        *dated("rise", "a", DATES[::-1]),
        *dated("rise", "b"),
        ("dry", "x", None),
    ]
    found = arrange([*layers, ("s2", "least", None)], SENSORS, ["dem"])
    assert found == {
        "extra": {"s2": ["slope"]},
        "groups": {
            "rise": {"kind": "temporal", "dates": DATES, "components": ["a", "b"]},
            "dry": {"kind": "static", "bands": 1, "names": ["x"]},
            "s2_static": {"kind": "static", "bands": 1, "names": ["least"]},
        },
    }


def test_bands_of_the_raster_go_date_by_date() -> None:
    inputs: dict[str, Any] = {
        "s2": {"kind": "series", "bands": ["B4"], "dates": DATES, "extra": ["slope", "sum"]},
        "dem": {"kind": "static", "bands": 2},
        "rise": {"kind": "temporal", "dates": DATES[1:], "components": ["a"]},
        "dry": {"kind": "static", "bands": 2, "names": ["x", "y"]},
    }
    assert external_descriptions(inputs) == [
        "s2 slope 20180101",
        "s2 sum 20180101",
        "s2 slope 20180111",
        "s2 sum 20180111",
        "rise a 20180111",
        "dry x",
        "dry y",
    ]
    assert external_layers(inputs)[-1] == ("dry", "y", None)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([*dated("s2", "slope"), *dated("s2", "slope")], "several layers are labelled s2 slope 20180101"),
        (dated("s2", "slope", DATES[:1]), r"slope joins s2, so it needs the 2 dates .*differs is 2018-01-11"),
        (dated("s2", "ndvi"), "s2 has a component ndvi already"),
        ([*dated("rise", "a"), *dated("rise", "b", DATES[:1])], "must have the same dates: a has 2, b 1"),
        ([*dated("rise", "a"), ("rise", "b", None)], "group rise has layers with and without a date"),
        ([("DEM", "b", None)], "sensor_name 'DEM': another input has this name"),
        ([("my group", "b", None)], "use letters, digits and underscores"),
    ],
)
def test_labels_that_make_no_tensor_are_refused(layers: list[Any], message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        arrange(layers, SENSORS, ["dem"])
