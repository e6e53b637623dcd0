"""Labels that functions of external features return with their arrays: what each layer is called and where it goes.

Users' files import `I2TemporalLabel` and `I2Label` from here; any object with the same attributes serves as well.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: What a layer is: the name of its sensor or group, the name of the feature, its ISO date or None.
Layer = tuple[str, str, str | None]

_STRING = re.compile(r"(?P<sensor>[A-Za-z][A-Za-z0-9]*)_(?P<feature>.+)_(?P<date>\d{8})")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True)
class I2TemporalLabel:
    """Label of a layer with a date.

    Attributes
    ----------
    sensor_name
        A sensor of the configuration, in any case, which the feature then joins as one more component; any other
        name makes a group of its own.
    feat_name
        Name of the feature.
    date
        ``YYYYMMDD``, an ISO date, or a date object.
    """

    sensor_name: str
    feat_name: str
    date: Any


@dataclass(frozen=True)
class I2Label:
    """Label of a layer without a date.

    Attributes
    ----------
    sensor_name
        Name of its group.
    feat_name
        Name of the feature.
    """

    sensor_name: str
    feat_name: str


def folded(name: str) -> str:
    """Name without case and underscores: sensors and bands are found by it."""
    return name.replace("_", "").lower()


def read_label(label: Any, sensors: Iterable[str]) -> Layer:
    """What a label says, with a known sensor's own name and the date in ISO form.

    Parameters
    ----------
    label
        A label object or a text ``Sensor_feature_YYYYMMDD``.
    sensors
        Names of the sensors.

    Raises
    ------
    ValueError
        If it is neither.
    """
    known = {folded(sensor): sensor for sensor in sensors}
    if isinstance(label, str):
        return _read_text(label, known)
    try:
        sensor, feature = str(label.sensor_name), str(label.feat_name)
    except AttributeError:
        raise ValueError(
            f"found {label!r}, expected I2TemporalLabel, I2Label or a text Sensor_feature_YYYYMMDD"
        ) from None
    date = getattr(label, "date", None)
    return known.get(folded(sensor), sensor), feature, None if date is None else _iso(date)


def _read_text(label: str, known: dict[str, str]) -> Layer:
    """Sensor, feature and date of a text; a sensor's name may hold underscores."""
    parts = label.split("_")
    for number in range(len(parts) - 2, 0, -1):
        sensor = known.get(folded("".join(parts[:number])))
        if sensor is not None:
            return sensor, "_".join(parts[number:-1]), _iso(parts[-1])
    match = _STRING.fullmatch(label)
    if match is None:
        raise ValueError(f"found the text {label!r}, expected the form Sensor_feature_YYYYMMDD")
    return match["sensor"], match["feature"], _iso(match["date"])


def _iso(date: Any) -> str:
    match = _DATE.match(str(date))
    if match is None:
        raise ValueError(f"found the date {date!r}, expected YYYYMMDD")
    return datetime.date(*(int(part) for part in match.groups())).isoformat()
