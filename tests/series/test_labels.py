import datetime
from typing import Any

import numpy as np
import pytest

from tilefold.series.labels import I2Label, I2TemporalLabel, read_label

SENSORS = ["sentinel2", "sentinel1_desvv"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (I2TemporalLabel("sentinel2", "slope", "20180111"), ("sentinel2", "slope", "2018-01-11")),
        (
            I2TemporalLabel(sensor_name="Sentinel2", feat_name="slope", date="2018-01-11"),
            ("sentinel2", "slope", "2018-01-11"),
        ),
        (I2TemporalLabel("Rise", "a", datetime.date(2018, 1, 11)), ("Rise", "a", "2018-01-11")),
        (I2TemporalLabel("Rise", "a", np.datetime64("2018-01-11T10:00")), ("Rise", "a", "2018-01-11")),
        (I2TemporalLabel("Sentinel1_DES_vv", "a", 20180111), ("sentinel1_desvv", "a", "2018-01-11")),
        (I2Label("season", "least"), ("season", "least", None)),
        ("Sentinel2_soil_index_20180111", ("sentinel2", "soil_index", "2018-01-11")),
        ("Sentinel1_DES_vv_ratio_20180111", ("sentinel1_desvv", "ratio", "2018-01-11")),
        ("Other_index_20180111", ("Other", "index", "2018-01-11")),
    ],
)
def test_labels(label: Any, expected: tuple[str, str, str | None]) -> None:
    assert read_label(label, SENSORS) == expected


def test_labels_of_other_classes_serve_as_well() -> None:
    class Label:
        sensor_name, feat_name, date = "sentinel2", "slope", "20180111"

    assert read_label(Label(), SENSORS) == ("sentinel2", "slope", "2018-01-11")


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("soi_1", "found the text 'soi_1', expected the form Sensor_feature_YYYYMMDD"),
        ("Sentinel2_soi", "expected the form Sensor_feature_YYYYMMDD"),
        (7, "found 7, expected I2TemporalLabel"),
        (I2TemporalLabel("s", "f", "soon"), "found the date 'soon'"),
        (I2TemporalLabel("s", "f", "20180231"), "day"),
    ],
)
def test_what_is_no_label_is_refused(label: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_label(label, SENSORS)
