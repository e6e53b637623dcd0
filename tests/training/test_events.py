"""TensorBoard's events hold the history."""

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def test_events_equal_the_history_over_two_starts(make_database, make_settings, train, tmp_path):
    database = make_database(600)
    train(database, make_settings(epochs=2, tensorboard=True), "run")
    outputs = train(database, make_settings(epochs=4, tensorboard=True), "run")
    plain = train(database, make_settings(epochs=4), "plain")
    assert not (tmp_path / "plain" / "events").exists()
    assert outputs["weights"].read_bytes() == plain["weights"].read_bytes()
    events = EventAccumulator(str(tmp_path / "run" / "events"))
    events.Reload()
    history = pd.read_csv(outputs["history"])
    for tag, column in (("natural_oa/validation", "validation_natural_oa"), ("loss/train", "train_loss")):
        found = events.Scalars(tag)
        assert [event.step for event in found] == [1, 2, 3, 4]
        assert [event.value for event in found] == pytest.approx(history[column].tolist(), rel=1e-6)
    assert all(event.value > 0 for event in events.Scalars("samples_per_second"))
