import pytest
import torch

from tilefold.networks.normalisation import BatchNorm


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 4), (1, 3, 4)])
def test_it_is_torchs_where_there_is_more_than_one_value(shape):
    ours, theirs = BatchNorm(3), torch.nn.BatchNorm1d(3)
    for _ in range(3):
        x = torch.randn(*shape)
        assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1)])
def test_one_value_is_normalised_by_what_is_known(shape):
    norm = BatchNorm(3)
    norm(torch.randn(50, 3) * 2 + 5)
    before = {key: value.clone() for key, value in norm.state_dict().items()}
    x = torch.randn(*shape)
    learning = norm(x)
    assert all(torch.equal(value, before[key]) for key, value in norm.state_dict().items())
    assert torch.equal(learning, norm.eval()(x))
