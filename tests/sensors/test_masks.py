import numpy as np
import pytest

from tilefold.sensors.masks import usable_pixels
from tilefold.sensors.product import MaskRule

VALUES = np.arange(256)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (MaskRule(valid=(0,)), VALUES == 0),
        (MaskRule(valid=(4, 5)), (VALUES == 4) | (VALUES == 5)),
        (MaskRule(invalid=(0, 1)), VALUES > 1),
        (MaskRule(bits=(0,)), VALUES % 2 == 0),
        (MaskRule(bits=(1, 3)), (VALUES // 2 % 2 == 0) & (VALUES // 8 % 2 == 0)),
        (MaskRule(invalid=(16,), bits=(1,)), (VALUES // 2 % 2 == 0) & (VALUES != 16)),
        (MaskRule(bits=(9, 20)), VALUES >= 0),
        (MaskRule(), VALUES >= 0),
    ],
)
def test_rules(dtype, rule, expected):
    np.testing.assert_array_equal(usable_pixels(VALUES.astype(dtype), rule), expected)


@pytest.mark.parametrize("rule", [MaskRule(valid=(0,)), MaskRule(invalid=(1,)), MaskRule(bits=(0,))])
def test_what_is_no_number_cannot_be_used(rule):
    values = np.array([0, np.nan, np.inf], np.float32)
    assert usable_pixels(values, rule).tolist() == [True, False, False]
