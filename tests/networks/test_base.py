import numpy as np
import pytest
import torch

from tilefold.networks.base import TilefoldNetwork

INFORMATION = {"s2": {"nb_components": 2, "nb_dates": 2}, "dem": {"nb_components": 1, "nb_dates": 1}}
STATISTICS = {
    "s2": {"mean": [1.0, 2.0, None, 4.0], "var": [4.0, 0.0, None, 1e-14], "min": [0.0] * 4, "max": [9.0] * 4},
    "dem": {"mean": [100.0], "var": [25.0], "min": [0.0], "max": [200.0]},
}


@pytest.fixture
def network():
    network = TilefoldNetwork(3, INFORMATION, default_std=2.0, default_mean=0.5)
    network.set_statistics(STATISTICS)
    return network


def test_statistics_are_date_major(network):
    stats = network._stats
    np.testing.assert_array_equal(stats["s2"]["mean"].numpy(), [[1.0, 2.0], [np.nan, 4.0]])
    assert stats["dem"]["var"].shape == (1, 1)


def test_statistics_are_not_weights(network):
    assert list(network.state_dict()) == []
    assert list(network.parameters()) == []


def test_imputation_takes_the_mean_then_the_default(network):
    x = torch.tensor([[[torch.nan, 5.0], [torch.nan, torch.nan]]])
    filled = network.nans_imputation(x, network._stats["s2"]["mean"])
    np.testing.assert_array_equal(filled.numpy(), [[[1.0, 5.0], [0.5, 4.0]]])
    filled = network.nans_imputation(x, network._stats["s2"]["mean"], default_mean=7.0)
    assert filled[0, 1, 0] == 7.0


def test_standardisation_by_hand(network):
    x = torch.tensor([[[3.0, 3.0], [1.5, 5.0]]])
    stats = network._stats["s2"]
    done = network.standardize(x, stats["mean"], torch.sqrt(stats["var"]))
    # (3-1)/2; constant: (3-2)/default_std; unknown: (1.5-0.5)/2; constant up to rounding: (5-4)/2
    np.testing.assert_allclose(done.numpy(), [[[1.0, 0.5], [0.5, 0.5]]])


def test_both_in_one_are_the_two_one_after_the_other(network):
    x = torch.randn(50, 2, 2, generator=torch.Generator().manual_seed(0))
    x[x > 1] = torch.nan
    x[0, 0, 0] = torch.inf
    given, stats = x.clone(), network._stats["s2"]
    steps = network.standardize(
        network.nans_imputation(x, stats["mean"]), stats["mean"], torch.sqrt(stats["var"])
    )
    steps[:, 1, 0] = 0
    assert torch.equal(network.standardized("s2", x), steps)
    assert torch.equal(x.nan_to_num(), given.nan_to_num())


def test_a_date_that_no_sample_knows_says_nothing(network):
    x = torch.tensor([[[1.0, 2.0], [5000.0, 4.0]], [[1.0, 2.0], [torch.nan, 4.0]]])
    done = network.standardized("s2", x)
    assert torch.equal(done[0], done[1])
    assert done[0, 1, 0] == 0


def test_static_features_keep_their_shape(network):
    done = network.standardized("dem", torch.tensor([[110.0], [torch.nan]]))
    np.testing.assert_allclose(done.numpy(), [[2.0], [0.0]])


def test_without_forward_there_is_a_clear_error(network):
    with pytest.raises(NotImplementedError, match="TilefoldNetwork has no forward"):
        network(s2=torch.zeros(1, 2, 2))
