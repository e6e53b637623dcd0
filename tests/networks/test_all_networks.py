"""What holds of every network of the catalogue."""

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from tilefold.networks.catalogue import NETWORKS
from tilefold.networks.registry import NetworkError, build_network, check_network

NAMES = list(NETWORKS)
#: Networks that see a series as dates, not as one flat vector.
TEMPORAL = [name for name in NAMES if name not in ("MLPClassifier", "ANN")]
#: Those that know dates by their day alone, not by their place in the series.
BY_DAY = ["LTAEClassifier", "SimpleSelfAttentionClassifier", "TransformerEncoder"]
DATES = [f"2018-{month:02}-15" for month in range(1, 11)]


def series(bands, dates=DATES):
    names = [f"B{band}" for band in range(bands)]
    kinds = {"kind": "series", "bands": names, "dates": dates, "scale": 1.0, "offset": 0.0}
    return {**kinds, "features": [], "aliases": {}}


INPUTS = {
    "s2": series(3),
    "s1": series(2, DATES[::2]),
    "dem": {"kind": "static", "bands": 1},
}


def statistics(inputs):
    found = {}
    for name, spec in inputs.items():
        size = len(spec.get("dates", [0])) * (len(spec["bands"]) if name != "dem" else 1)
        found[name] = {"mean": [0.5] * size, "var": [4.0] * size, "min": [-9.0] * size, "max": [9.0] * size}
    return found


def network(name, inputs=None, classes=(1, 2, 3), **parameters):
    inputs = INPUTS if inputs is None else inputs
    torch.manual_seed(0)
    return build_network(
        name, None, parameters, inputs=inputs, classes=classes, statistics=statistics(inputs)
    ).eval()


def batch(size=7, seed=0, inputs=None):
    rng = np.random.default_rng(seed)
    found = {}
    for name, spec in (INPUTS if inputs is None else inputs).items():
        shape = (size, len(spec["dates"]), len(spec["bands"])) if "dates" in spec else (size, 1)
        found[name] = torch.from_numpy(rng.normal(0.5, 2, shape).astype(np.float32))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_finite_floats_of_every_class(name):
    logits = network(name)(**batch())
    assert logits.shape == (7, 3)
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()
    assert check_network(name, None, {}) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_value_is_the_mean(name):
    values = batch()
    values["s2"][2, 3, 1] = torch.nan
    values["dem"][4] = torch.nan
    filled = {key: torch.nan_to_num(value, nan=0.5) for key, value in values.items()}
    made = network(name)
    with torch.inference_mode():
        torch.testing.assert_close(made(**values), made(**filled))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_classified_by_itself(name):
    made, values = network(name), batch(64)
    order = np.random.default_rng(1).permutation(64)
    with torch.inference_mode():
        logits = made(**values)
        moved = made(**{key: value[order] for key, value in values.items()})
        alone = made(**{key: value[5:6] for key, value in values.items()})
    torch.testing.assert_close(moved, logits[order])
    torch.testing.assert_close(alone, logits[5:6])


@pytest.mark.parametrize("name", NAMES)
def test_weights_come_back_from_a_file(name):
    made, again = network(name), network(name)
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
    again.load_state_dict(load(save(made.state_dict())))
    assert torch.equal(made(**batch()), again(**batch()))


@pytest.mark.parametrize("name", BY_DAY)
def test_the_order_of_dates_says_nothing_their_days_do(name):
    order = [4, 2, 9, 0, 1, 3, 8, 7, 6, 5]
    only = {"s2": series(3)}
    shuffled = {"s2": series(3, [DATES[place] for place in order])}
    made, other = network(name, only), network(name, shuffled)
    other.load_state_dict(made.state_dict())
    values = batch(inputs=only)
    moved = {"s2": values["s2"][:, order]}
    with torch.inference_mode():
        torch.testing.assert_close(made(**values), other(**moved))
        # The same values on other days are something else.
        later = network(
            name, {"s2": series(3, [f"2018-0{place // 3 + 1}-{10 + place}" for place in range(10)])}
        )
        later.load_state_dict(made.state_dict())
        assert not torch.allclose(made(**values), later(**values), atol=1e-3)


@pytest.mark.parametrize("name", TEMPORAL)
def test_without_a_series_it_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} needs an input with dates"):
        network(name, {"dem": INPUTS["dem"]})


@pytest.mark.parametrize("name", NAMES)
def test_a_toy_problem_is_learnt(name):
    """A bump in spring, in summer or none, at any level: the shape tells the class."""
    rng = np.random.default_rng(0)
    inputs, codes = {"s2": series(2)}, rng.integers(0, 3, 500)
    time = np.arange(10)
    bumps = np.stack([np.exp(-((time - centre) ** 2) / 2) for centre in (2, 7)] + [np.zeros(10)])
    values = 2 * bumps[codes][:, :, None] + rng.normal(0, 1, (500, 1, 2)) + rng.normal(0, 0.3, (500, 10, 2))
    values, targets = torch.from_numpy(values.astype(np.float32)), torch.from_numpy(codes)
    small = {"channels": 16} if name == "ResNet1D" else {}
    made = network(name, inputs, **small).train()
    optimiser = torch.optim.Adam(made.parameters(), 0.005)
    for _ in range(10):
        for part in torch.from_numpy(rng.permutation(400)).split(40):
            loss = torch.nn.functional.cross_entropy(made(s2=values[part]), targets[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.inference_mode():
        predicted = made.eval()(s2=values[400:]).argmax(1)
    assert (predicted == targets[400:]).float().mean() > 0.95


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("LTAEClassifier", {"heads": 3}, r"dl_parameters.heads must divide width .* found 3 and 256"),
        ("TransformerEncoder", {"dropout": 1.0}, r"dl_parameters.dropout must be in \[0, 1\), found 1"),
        ("TempCNN", {"kernel": 4}, "dl_parameters.kernel must be odd, found 4"),
    ],
)
def test_values_that_make_no_network(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        network(name, **parameters)


def test_an_argument_that_a_network_lacks():
    (fault,) = check_network("LTAEClassifier", None, {"head": 8})
    assert fault.startswith(
        "training.dl_parameters.head: LTAEClassifier has no such argument (did you mean 'heads'?)"
    )
    with pytest.raises(NetworkError, match="cannot be made with"):
        network("TempCNN", heads=3)
