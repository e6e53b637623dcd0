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


def test_statistics_are_flat_and_date_major(network):
    stats = network._stats
    np.testing.assert_array_equal(stats["s2"]["mean"].numpy(), [1.0, 2.0, np.nan, 4.0])
    assert stats["dem"]["var"].shape == (1,)
    assert list(stats["s2"]) == ["mean", "var", "min", "max"]


def test_quantiles_are_there_where_they_are_given(network):
    quantiles = {f"quantile_{share}": [share, None, 0.0, 1.0] for share in (0.1, 0.5, 0.95)}
    network.set_statistics(STATISTICS | {"s2": STATISTICS["s2"] | quantiles})
    np.testing.assert_array_equal(
        network._stats["s2"]["quantile_0.95"].numpy(), np.float32([0.95, np.nan, 0.0, 1.0])
    )
    with pytest.raises(KeyError, match=r"set training\.additional_statistics_percentage"):
        network._stats["dem"]["quantile_0.95"]
    with pytest.raises(KeyError, match=r"no statistic 'sd'; there are mean, var"):
        network._stats["dem"]["sd"]


def test_statistics_are_not_weights(network):
    assert list(network.state_dict()) == []
    assert list(network.parameters()) == []


def test_statistics_follow_the_network(network):
    assert network.to("meta")._stats["s2"]["mean"].device.type == "meta"


def test_older_names_find_the_input():
    network = TilefoldNetwork(
        2,
        {"sentinel2": {"nb_components": 2, "nb_dates": 1}, "l8": {"nb_components": 1, "nb_dates": 1}},
        {"sentinel2": {"doy": [5], "features_per_dates": 2}},
    )
    assert network._stats["s2_theia"]["mean"].shape == (2,)
    assert network.sensors_information["s2_theia"] == {"nb_components": 2, "nb_dates": 1}
    assert network.doy_sensors_dic["s2_theia"]["doy"] == [5]
    assert "s2_theia" in network.doy_sensors_dic
    assert "l5" not in network.doy_sensors_dic
    assert network.doy_sensors_dic.get("s2_theia") == {"doy": [5], "features_per_dates": 2}
    assert network.doy_sensors_dic.get("l5", 7) == 7
    # A name of an input of one's own is itself.
    assert network.sensors_information["l8"] == {"nb_components": 1, "nb_dates": 1}
    assert list(network.sensors_information) == ["sentinel2", "l8"]
    with pytest.raises(KeyError, match=r"no input 's2_l3a'; the inputs are sentinel2, l8"):
        network._stats["s2_l3a"]


def test_imputation_takes_the_mean_then_the_default(network):
    x = torch.tensor([[[torch.nan, 5.0], [torch.nan, torch.nan]]])
    mean = network._stats["s2"]["mean"]
    filled = network.nans_imputation(x, mean)
    np.testing.assert_array_equal(filled.numpy(), [[[1.0, 5.0], [0.5, 4.0]]])
    assert torch.equal(network.nans_imputation(x.flatten(1), mean), filled.flatten(1))
    assert torch.equal(network.nans_imputation(x, mean.reshape(2, 2)), filled)
    filled = network.nans_imputation(x, mean, default_mean=7.0)
    assert filled[0, 1, 0] == 7.0


@pytest.mark.parametrize("shape", [(4,), (2, 2)])
def test_standardisation_by_hand(network, shape):
    x = torch.tensor([[[3.0, 3.0], [1.5, 5.0]]])
    mean, var = (network._stats["s2"][key].reshape(shape) for key in ("mean", "var"))
    done = network.standardize(x, mean, torch.sqrt(var))
    # (3-1)/2; constant: (3-2)/default_std; unknown: (1.5-0.5)/2; constant up to rounding: (5-4)/2
    np.testing.assert_allclose(done.numpy(), [[[1.0, 0.5], [0.5, 0.5]]])
    # As positional arguments: (3-1)/2; (3-2)/4; (1.5-1)/4; (5-4)/4
    done = network.standardize(x, mean, torch.sqrt(var), 1, 4)
    np.testing.assert_allclose(done.numpy(), [[[1.0, 0.25], [0.125, 0.25]]])


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
    with pytest.raises(NotImplementedError, match="TilefoldNetwork has no method forward or _forward"):
        network(s2=torch.zeros(1, 2, 2))
