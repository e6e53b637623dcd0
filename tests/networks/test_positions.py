import math

import pytest
import torch

from tilefold.networks.positions import sinusoids


def test_values_by_hand():
    found = sinusoids([1, 400], 4, period=100)
    expected = [[math.sin(d), math.cos(d), math.sin(d / 10), math.cos(d / 10)] for d in (1, 400)]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_an_odd_width_ends_with_a_sine():
    found = sinusoids([30], 3, period=1000)
    torch.testing.assert_close(found[0, 2], torch.tensor(math.sin(30 / 1000 ** (2 / 3))))


def test_no_two_days_of_three_years_are_alike():
    table = sinusoids(range(1, 1096), 16)
    assert torch.cdist(table, table).fill_diagonal_(9).min() > 0.01


@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_shape(width):
    found = sinusoids([5, 15, 25], width)
    assert found.shape == (3, width)
    assert found.dtype == torch.float32
