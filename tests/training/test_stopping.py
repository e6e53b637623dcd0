"""Early stop against sequences worked out by hand."""

from typing import get_args

import pytest

from tilefold.config.learning import Training
from tilefold.training.stopping import WATCHED, EarlyStop


def stopping_epoch(metric, values, **rule):
    """First epoch after which the training stops, or None."""
    stop = EarlyStop(metric=metric, **rule)
    history = [{WATCHED[metric]: value} for value in values]
    reached = (epoch for epoch in range(len(values) + 1) if stop.reached(history[:epoch]))
    return next(reached, None)


@pytest.mark.parametrize(
    ("first_after", "patience", "expected"),
    [
        # Best 0.5 at epoch 3; epochs 4 and 5 are worse.
        (0, 2, 5),
        (0, 1, 4),
        # Epoch 6 is better again, so three in a row without improvement are 7, 8 and 9.
        (0, 3, 9),
        # Watched from epoch 5 on, which sets the best: 6 improves, 7 does not.
        (4, 1, 7),
        (0, 4, None),
    ],
)
def test_losses_worked_out_by_hand(first_after, patience, expected):
    losses = [1.0, 0.7, 0.5, 0.6, 0.55, 0.4, 0.41, 0.45, 0.4]
    rule = {"first_after": first_after, "patience": patience, "tolerance": 0.0}
    assert stopping_epoch("val_loss", losses, **rule) == expected


def test_tolerance_of_a_loss_is_a_decimal_logarithm():
    # log10(1 / 0.98) = 0.0088, log10(1 / 0.97) = 0.0132
    rule = {"first_after": 0, "patience": 1, "tolerance": 0.01}
    assert stopping_epoch("train_loss", [1.0, 0.98], **rule) == 2
    assert stopping_epoch("train_loss", [1.0, 0.97], **rule) is None


def test_small_steps_that_add_up_count():
    # Each step is 0.0044, two of them 0.0088, three 0.0132: the best that was counted stays the measure.
    rule = {"first_after": 0, "patience": 3, "tolerance": 0.01}
    assert stopping_epoch("val_loss", [0.99**epoch for epoch in range(40)], **rule) is None


def test_scores_rise_and_none_improves_nothing():
    rule = {"first_after": 0, "patience": 2, "tolerance": 0.01}
    assert stopping_epoch("val_kappa", [0.1, 0.2, 0.205, None, 0.4], **rule) == 4
    assert stopping_epoch("val_oa", [0.1, 0.2, 0.205, 0.212, 0.4], **rule) is None
    assert stopping_epoch("val_fscore", [None, None], **rule) == 2


def test_the_configuration_offers_what_can_be_watched():
    assert set(get_args(Training.model_fields["early_stop_metric"].annotation)) == set(WATCHED)
