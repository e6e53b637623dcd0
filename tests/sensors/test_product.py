import pickle
from pathlib import Path

import pytest

from tilefold.sensors.errors import BadAcquisitionError
from tilefold.sensors.product import Product, parse_date


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("20150711T100008", "%Y%m%d", "2015-07-11"),
        ("2015-07-11_a", "%Y-%m-%d", "2015-07-11"),
        ("2015192", "%Y%j", "2015-07-11"),
        ("20151311", "%Y%m%d", None),
        ("2015", "%Y%m%d", None),
    ],
)
def test_dates(text: str, date_format: str, expected: str | None) -> None:
    assert parse_date(text, date_format) == expected


def test_products_sort_by_date_then_name() -> None:
    late, b, a = (
        Product("2018-02-01", "A", (1, 1)),
        Product("2018-01-01", "B", (1, 1)),
        Product("2018-01-01", "A", (9, 9)),
    )
    assert sorted([late, b, a]) == [a, b, late]
    assert late.to_dict() == {"name": "A", "date": "2018-02-01", "stamp": [1, 1]}


def test_the_error_crosses_processes() -> None:
    error = BadAcquisitionError("P", Path("/f.tif"), "cut short")
    assert str(pickle.loads(pickle.dumps(error))) == "product P: /f.tif: cut short"  # noqa: S301
