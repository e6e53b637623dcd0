"""Each parameter of a training changes what it should, and nothing else."""

import math
import shutil

import numpy as np
import pandas as pd
import pytest

from tilefold.training.model_file import read_model_file

EARLY = {"metric": "val_loss", "first_after": 2, "patience": 2, "tolerance": 1.0}


def weights_of(outputs):
    return read_model_file(outputs["weights"])[0]


def equal(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)


@pytest.fixture
def plain(make_database, make_settings, train):
    """A database, settings, and the outputs of a training with them."""
    database, settings = make_database(1500), make_settings(epochs=3)
    return database, settings, train(database, settings, "plain")


@pytest.mark.parametrize(
    "change",
    [
        {"optimiser": "adamw"},
        {"optimiser": "sgd"},
        {"label_smoothing": 0.2},
        {"gradient_clipping": 0.01},
        {"precision": "bf16"},
        {"augmentation": {"time_shift": 1, "band_noise": 0.0, "date_dropout": 0.0}},
        {"augmentation": {"time_shift": 0, "band_noise": 0.5, "date_dropout": 0.0}},
        {"augmentation": {"time_shift": 0, "band_noise": 0.0, "date_dropout": 0.2}},
    ],
    ids=str,
)
def test_what_changes_the_steps_changes_the_weights(plain, train, change):
    database, settings, outputs = plain
    changed = train(database, settings | change, "changed")
    assert not equal(weights_of(outputs), weights_of(changed))
    history = pd.read_csv(changed["history"])
    assert history["train_loss"].is_monotonic_decreasing
    assert (history["learning_rate"] == settings["learning_rate"]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "fp32"},
        {"num_workers": 0},
        {"num_workers": 3},
        {"gradient_clipping": 1e9},
        {"adaptive_lr": {"patience": 10}},
        {"early_stop": EARLY | {"patience": 9}},
    ],
    ids=str,
)
def test_what_has_no_occasion_changes_no_weights(plain, train, change):
    database, settings, outputs = plain
    changed = train(database, settings | change, "changed")
    assert equal(weights_of(outputs), weights_of(changed))
    assert changed["history"].read_bytes() == outputs["history"].read_bytes()


def test_losses_are_told_in_decibels(plain):
    history = pd.read_csv(plain[2]["history"])
    for part in ("train", "validation"):
        np.testing.assert_allclose(
            history[f"{part}_loss_db"], 10 * np.log10(history[f"{part}_loss"]), rtol=1e-12
        )


def test_smoothed_labels_leave_the_first_losses_as_they_are(make_database, make_settings, train):
    """The history's losses are without smoothing: with weights that hardly move they are those of no smoothing."""
    database, settings = make_database(500), make_settings(epochs=1, learning_rate=1e-12)
    losses = [
        pd.read_csv(train(database, settings | {"label_smoothing": share}, f"{share}")["history"])
        for share in (0.0, 0.3)
    ]
    for column in ("train_loss", "validation_loss"):
        assert losses[0][column][0] == pytest.approx(losses[1][column][0], rel=1e-6)


def test_augmentation_leaves_validation_as_it_is(make_database, make_settings, train):
    database, settings = make_database(500), make_settings(epochs=1, learning_rate=1e-12)
    strong = {"augmentation": {"time_shift": 3, "band_noise": 2.0, "date_dropout": 0.5}}
    plain = pd.read_csv(train(database, settings, "plain")["history"]).iloc[0]
    changed = pd.read_csv(train(database, settings | strong, "changed")["history"]).iloc[0]
    assert changed["validation_loss"] == pytest.approx(plain["validation_loss"], rel=1e-6)
    assert changed["train_loss"] != pytest.approx(plain["train_loss"], rel=1e-3)


def test_an_augmented_training_resumes_with_the_same_bytes(make_database, make_settings, train):
    database = make_database(1000)
    changes = {"time_shift": 1, "band_noise": 0.1, "date_dropout": 0.1}
    settings = make_settings(augmentation=changes)
    fresh = train(database, settings | {"epochs": 4}, "fresh")
    train(database, settings | {"epochs": 2}, "resumed")
    resumed = train(database, settings | {"epochs": 4}, "resumed")
    for name, path in fresh.items():
        assert resumed[name].read_bytes() == path.read_bytes()


def test_clipped_gradients_move_sgd_by_no_more_than_rate_times_norm(make_database, make_settings, train):
    database = make_database(200)
    settings = make_settings(epochs=1, batch_size=1000, optimiser="sgd", learning_rate=1.0)
    start = weights_of(train(database, settings | {"learning_rate": 1e-12}, "start"))

    def moved(folder, clipping):
        end = weights_of(train(database, settings | {"gradient_clipping": clipping}, folder))
        names = [name for name in end if name.startswith("loss/")]
        return math.sqrt(sum(float(((end[name] - start[name]) ** 2).sum()) for name in names))

    assert moved("free", None) > 0.05
    assert moved("clipped", 0.05) == pytest.approx(0.05, rel=1e-3)


def test_early_stop_ends_the_training_with_what_was_reached(plain, train, caplog):
    database, settings, _ = plain
    caplog.set_level("INFO")
    stopped = train(database, settings | {"epochs": 50, "early_stop": EARLY}, "stopped")
    # Watched from epoch 3, which sets the best; no loss falls by a factor of ten within 4 and 5.
    assert pd.read_csv(stopped["history"])["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert "early stop after epoch 5: val_loss has not improved for 2 epochs" in caplog.text
    fresh = train(database, settings | {"epochs": 5}, "fresh")
    assert equal(weights_of(fresh), weights_of(stopped))
    again = train(database, settings | {"epochs": 60, "early_stop": EARLY}, "stopped")
    assert len(pd.read_csv(again["history"])) == 5


def test_the_rate_falls_and_a_resumed_training_has_the_same_bytes(make_database, make_settings, train):
    database = make_database(1000)
    # A loss must fall by 90 % to count, so the rate falls after each second epoch.
    adaptive = {"patience": 1, "factor": 0.5, "threshold": 0.9}
    settings = make_settings(adaptive_lr=adaptive, optimiser="sgd")
    fresh = train(database, settings | {"epochs": 7}, "fresh")
    expected = 1e-3 * np.array([1, 1, 1, 0.5, 0.5, 0.25, 0.25])
    np.testing.assert_allclose(pd.read_csv(fresh["history"])["learning_rate"], expected, rtol=1e-12)
    train(database, settings | {"epochs": 4}, "resumed")
    resumed = train(database, settings | {"epochs": 7}, "resumed")
    for name, path in fresh.items():
        assert resumed[name].read_bytes() == path.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs a C++ compiler")
def test_a_compiled_network_learns_the_same_up_to_rounding(plain, train):
    database, settings, outputs = plain
    compiled = train(database, settings | {"compile": True}, "compiled")
    assert list(weights_of(compiled)) == list(weights_of(outputs))
    first, second = (pd.read_csv(files["history"])["train_loss"] for files in (outputs, compiled))
    np.testing.assert_allclose(second, first, rtol=1e-3)
    again = train(database, settings | {"compile": True}, "again")
    assert again["weights"].read_bytes() == compiled["weights"].read_bytes()
