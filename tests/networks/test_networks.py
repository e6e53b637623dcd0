"""What holds for every network of the catalogue."""

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from tilefold.networks.catalogue import ALIASES, NEED_DATES, NETWORKS
from tilefold.networks.inputs import shapes
from tilefold.networks.registry import NetworkError

DATES = [f"2018-{month:02d}-{day}" for month in range(1, 13) for day in ("05", "21")][:15]


def series(components=4, dates=DATES):
    return {"kind": "temporal", "dates": list(dates), "components": [f"c{n}" for n in range(components)]}


STATIC = {"kind": "static", "bands": 2}
#: Sets of inputs that every network takes, but the last.
SETS = {
    "one series": {"sentinel2": series()},
    "a series and a static input": {"sentinel2": series(), "dem": STATIC},
    "names that torch uses too": {"keys": series(), "type": series(2), "forward": STATIC},
    "three series": {
        "sentinel2": series(10),
        "sentinel1_desvv": series(1, DATES[::2]),
        "landsat8": series(7, ["2017-12-01", "2018-03-05", "2019-01-01"]),
    },
    "one date": {"temperature": series(1, DATES[:1])},
    "static inputs": {"dem": STATIC},
}
every_network = pytest.mark.parametrize("name", list(NETWORKS))


def some_values(inputs, rows, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(rows, *shape, generator=generator) for name, shape in shapes(inputs).items()}


@pytest.fixture
def network(name, build):
    torch.manual_seed(0)
    return build(name, given=SETS["a series and a static input"]).eval()


@every_network
@pytest.mark.parametrize("which", list(SETS))
def test_inputs(name, which, build):
    inputs = SETS[which]
    if which == "static inputs" and name in NEED_DATES:
        with pytest.raises(NetworkError, match=f"{name} needs an input with dates, found only dem"):
            build(name, given=inputs)
        return
    network = build(name, given=inputs)
    logits = network(**some_values(inputs, 6))
    assert logits.shape == (6, 3)
    assert logits.dtype == torch.float32
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2] * 2)).backward()
    # Every weight has its part in the result.
    assert all(parameter.grad is not None for parameter in network.parameters())


@every_network
def test_every_input_counts(name, network):
    values = some_values(SETS["a series and a static input"], 4)
    before = network(**values)
    for part in values:
        changed = values | {part: values[part] + 1}
        assert (network(**changed) != before).any(dim=1).all()


@every_network
def test_a_model_file_gives_the_same_logits(name, build):
    inputs = SETS["three series"]
    torch.manual_seed(1)
    first = build(name, given=inputs)
    first(**some_values(inputs, 50))  # The statistics of batches are part of a model.
    again = build(name, given=inputs)
    again.load_state_dict(load(save(first.state_dict())))
    values = some_values(inputs, 20, seed=2)
    assert torch.equal(again.eval()(**values), first.eval()(**values))
    # What the description of a model tells is not in its weights.
    assert not [key for key in first.state_dict() if "position" in key or "statistics" in key]


@every_network
def test_missing_values_are_the_mean(name, build):
    inputs = SETS["a series and a static input"]
    mean = np.linspace(-1, 1, 60).tolist()
    told = {"mean": mean, "var": [2.0] * 60, "min": mean, "max": mean}
    network = build(name, given=inputs, sentinel2=told).eval()
    values = some_values(inputs, 8)
    imputed = {key: value.clone() for key, value in values.items()}
    values["sentinel2"][:4, 3:5] = torch.nan
    imputed["sentinel2"][:4, 3:5] = torch.tensor(mean).reshape(15, 4)[3:5]
    values["dem"][2:6] = torch.nan
    imputed["dem"][2:6] = 0
    assert torch.equal(network(**values), network(**imputed))
    nothing = {key: torch.full_like(value, torch.nan) for key, value in values.items()}
    assert torch.isfinite(network(**nothing)).all()


@every_network
@torch.inference_mode()
def test_a_row_does_not_depend_on_the_others(name, network):
    inputs = SETS["a series and a static input"]
    values = some_values(inputs, 256)
    logits = network(**values)
    others = some_values(inputs, 256, seed=1)
    mixed = {key: torch.cat([value[:100], others[key][100:]]) for key, value in values.items()}
    assert torch.equal(network(**mixed)[:100], logits[:100])
    order = torch.randperm(256, generator=torch.Generator().manual_seed(2))
    moved = network(**{key: value[order] for key, value in values.items()})
    assert torch.equal(moved, logits[order])
    one = network(**{key: value[7:8] for key, value in values.items()})
    torch.testing.assert_close(one, logits[7:8], rtol=1e-4, atol=1e-5)


@every_network
def test_one_sample_can_be_learnt_from(name, build):
    network = build(name, given=SETS["one series"])
    network(**some_values(SETS["one series"], 1)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="SKIPPED: there is no GPU")
@every_network
@torch.inference_mode()
def test_a_gpu_gives_the_same_logits(name, network):
    values = some_values(SETS["a series and a static input"], 64)
    logits = network(**values)
    moved = network.to("cuda")(**{key: value.to("cuda") for key, value in values.items()})
    torch.testing.assert_close(moved.cpu(), logits, rtol=1e-3, atol=1e-4)


def phenology(samples, seed):
    """Three classes that differ in when they are green, with noise; the static input says nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, samples)
    peak = np.array([3.0, 7.0, 11.0])[labels] + rng.normal(0, 0.7, samples)
    green = np.exp(-((np.arange(15) - peak[:, None]) ** 2) / 4)
    weights = np.array([1.0, -0.5, 0.3, 0.0])
    values = green[:, :, None] * weights + rng.normal(0, 0.3, (samples, 15, 4))
    values[rng.random((samples, 15)) < 0.1] = np.nan
    return {
        "sentinel2": torch.tensor(values, dtype=torch.float32),
        "dem": torch.tensor(rng.normal(size=(samples, 2)), dtype=torch.float32),
    }, torch.from_numpy(labels)


@every_network
def test_it_learns_when_things_are_green(name, build):
    (learn, targets), (test, truth) = phenology(600, 0), phenology(600, 1)
    known = {
        key: [float(value) for value in function(learn["sentinel2"].numpy().reshape(600, -1), axis=0)]
        for key, function in (
            ("mean", np.nanmean),
            ("var", np.nanvar),
            ("min", np.nanmin),
            ("max", np.nanmax),
        )
    }
    torch.manual_seed(0)
    network = build(name, given=SETS["a series and a static input"], sentinel2=known)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range({"ResNet1D": 4, "TransformerEncoder": 5}.get(name, 15)):
        for rows in torch.randperm(600).split(50):
            optimiser.zero_grad()
            logits = network(**{key: value[rows] for key, value in learn.items()})
            torch.nn.functional.cross_entropy(logits, targets[rows]).backward()
            optimiser.step()
    with torch.no_grad():
        right = network.eval()(**test).argmax(dim=1) == truth
    assert right.float().mean() > 0.95


@pytest.mark.parametrize("name", ["SimpleSelfAttentionClassifier", "TransformerEncoder", "LTAEClassifier"])
def test_the_order_of_dates_does_not_count_only_their_days(name, build):
    order = np.random.default_rng(0).permutation(15)
    inputs = {"sentinel2": series()}
    moved = {"sentinel2": series(dates=[DATES[place] for place in order])}
    later = {
        "sentinel2": series(dates=[f"2019{date[4:]}" if n > 7 else date for n, date in enumerate(DATES)])
    }
    networks = [build(name, given=given).eval() for given in (inputs, moved, later)]
    # What L-TAE's normalisation learns of each date is at its start: with weights of its own it knows the order.
    for other in networks[1:]:
        other.load_state_dict(networks[0].state_dict())
    values = some_values(inputs, 10)["sentinel2"]
    logits = networks[0](sentinel2=values)
    torch.testing.assert_close(networks[1](sentinel2=values[:, order]), logits, rtol=1e-4, atol=1e-5)
    # The days count: the same values on other days, even a year later.
    assert (networks[0](sentinel2=values[:, order]) - logits).abs().max() > 1e-3
    assert (networks[2](sentinel2=values) - logits).abs().max() > 1e-3


@every_network
@pytest.mark.parametrize("value", [0, -1])
def test_sizes_that_cannot_be(name, value, build):
    sizes = {
        "SimpleSelfAttentionClassifier": ("d_model", "heads"),
        "LTAEClassifier": ("d_model", "heads", "key_size", "features", "decoder"),
        "TempCNN": ("filters", "kernel_size", "dense"),
        "ResNet1D": ("filters",),
        "TransformerEncoder": ("d_model", "heads", "layers", "d_inner"),
    }
    for key in sizes.get(name, ()):
        with pytest.raises(NetworkError, match=f"dl_parameters.{key} must be a whole number of at least 1"):
            build(name, parameters={key: value})
    shares = {"ResNet1D": (), "LTAEClassifier": ("dropout", "attention_dropout")}
    for key in shares.get(name, ("dropout",)):
        with pytest.raises(
            NetworkError, match=rf"dl_parameters.{key} must be in \[0, 1\), found {value - 1}"
        ):
            build(name, parameters={key: value - 1})


def test_other_names_lead_to_networks():
    assert set(ALIASES.values()) <= set(NETWORKS)
