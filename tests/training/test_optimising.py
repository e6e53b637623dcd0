"""Optimisers against their formulas, and the falling rate against a sequence worked out by hand."""

import pytest
import torch

from tilefold.training.optimising import AdaptiveRate, make_optimiser


def stepped(name, steps=2):
    """A weight of 1 after steps with gradient 0.5 and rate 0.1."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimiser = make_optimiser(name, [weight], 0.1)
    for _ in range(steps):
        weight.grad = torch.full((1,), 0.5)
        optimiser.step()
    return weight.item()


def test_steps_worked_out_by_hand():
    # A constant gradient: Adam moves by the rate each step; AdamW also shrinks the weight by rate x 0.01.
    assert stepped("adam") == pytest.approx(0.8, abs=1e-6)
    assert stepped("adamw") == pytest.approx((1 * 0.999 - 0.1) * 0.999 - 0.1, abs=1e-6)
    # sgd: velocity 0.5, then 0.9 x 0.5 + 0.5
    assert stepped("sgd") == pytest.approx(1 - 0.1 * 0.5 - 0.1 * 0.95, abs=1e-6)


def test_unknown_optimiser_is_told():
    with pytest.raises(ValueError, match="found 'lbfgs', expected adam, adamw or sgd"):
        stepped("lbfgs")


LOSSES = [1.0, 0.9, 0.95, 0.92, 0.91, 0.8, 0.85, 0.84, 0.83]
#: Patience 1: the second epoch without a lower loss lowers the rate, and the count starts again.
RATES = [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def rates(history, losses, arguments):
    """Rates of the epoch after each loss, after a history."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    rate = AdaptiveRate(optimiser, arguments, [{"validation_loss": loss} for loss in history])
    found = [rate.value]
    for loss in losses:
        rate.after_epoch({"validation_loss": loss})
        found.append(rate.value)
    return found


def test_rate_falls_as_worked_out_by_hand():
    assert rates([], LOSSES, {"patience": 1, "factor": 0.5}) == RATES


@pytest.mark.parametrize("done", range(len(LOSSES)))
def test_rate_after_a_resumption_is_the_same(done):
    assert rates(LOSSES[:done], LOSSES[done:], {"patience": 1, "factor": 0.5}) == RATES[done:]


def test_without_arguments_the_rate_stays():
    assert rates([], LOSSES, None) == [1.0] * 10
