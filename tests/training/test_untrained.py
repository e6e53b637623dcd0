"""Regions that cannot be trained: whole files that say so, all the way to the model."""

import numpy as np
import pandas as pd
import pytest

from tilefold.inference.model import PredictionError, load_model
from tilefold.training.choosing import select_model
from tilefold.training.history import HISTORY_COLUMNS
from tilefold.training.loop import TrainingError
from tilefold.training.model_file import read_model_file

SAMPLES = 500
VALIDATION_ALONE = {"role": np.ones(SAMPLES, np.int8)}
LEARN_ALONE = {"role": np.zeros(SAMPLES, np.int8)}
OTHER_CLASSES = {
    "role": (np.arange(SAMPLES) % 2).astype(np.int8),
    "label": np.where(np.arange(SAMPLES) % 2, 3, 1).astype(np.int32),
}


@pytest.mark.parametrize("mode", ["full", "stream"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (VALIDATION_ALONE, "no learn sample"),
        (LEARN_ALONE, "no validation sample of a class that has learn samples"),
        (OTHER_CLASSES, "no validation sample of a class that has learn samples"),
    ],
)
def test_a_region_that_cannot_be_trained_says_so(
    make_database, make_settings, train, tmp_path, content, reason, mode
):
    settings = make_settings(region="north", dataloader_mode=mode)
    database = make_database(SAMPLES, **content)
    outputs = train(database, settings, "one")
    tensors, said = read_model_file(outputs["weights"])
    assert tensors == {}
    assert said["untrained"] == reason
    assert said["not_learnt"] == said["classes"] == [1, 3, 7, 9]
    history = pd.read_csv(outputs["history"])
    assert history.empty
    assert list(history) == list(HISTORY_COLUMNS)
    for name in ("loss", "confusion_metrics", "class_fscores"):
        assert outputs[name].stat().st_size > 1000
    assert pd.read_csv(outputs["confusion"]).empty
    assert pd.read_csv(outputs["class_scores"]).empty
    again = train(database, settings, "two")
    for name in outputs:
        assert outputs[name].read_bytes() == again[name].read_bytes()
    with pytest.raises(TrainingError, match=reason):
        train(database, make_settings(dataloader_mode=mode), "all")


def test_a_database_without_samples(make_empty_database, make_settings, train):
    for mode in ("full", "stream"):
        outputs = train(make_empty_database(), make_settings(region="north", dataloader_mode=mode), mode)
        assert read_model_file(outputs["weights"])[1]["untrained"] == "no learn sample"


def test_the_columns_are_those_of_a_history(make_database, make_settings, train):
    outputs = train(make_database(300), make_settings(epochs=1), "run")
    assert list(pd.read_csv(outputs["history"])) == list(HISTORY_COLUMNS)


def test_nothing_is_chosen_among_candidates_that_could_not_be_trained(
    make_database, make_settings, train, tmp_path
):
    outputs = train(make_database(SAMPLES, **LEARN_ALONE), make_settings(region="north"), "one")
    names = ["batch_128_lr_0.001", "batch_64_lr_0.001"]
    candidates = [{"name": name, "batch_size": 1, "learning_rate": 0.1} for name in names]
    model, choice = tmp_path / "model.safetensors", tmp_path / "choice.csv"
    select_model(
        dict.fromkeys(names, outputs["weights"]),
        {"criterion": "loss", "candidates": candidates},
        model=model,
        described=tmp_path / "model.json",
        choice=choice,
    )
    table = pd.read_csv(choice)
    assert table["candidate"].tolist() == names
    assert table[["epoch", "score"]].isna().all(axis=None)
    assert table["chosen"].tolist() == [False, False]
    tensors, said = read_model_file(model)
    assert tensors == {}
    assert said["untrained"] == "no validation sample of a class that has learn samples"
    assert (said["criterion"], said["epoch"], said["score"]) == ("loss", None, None)
    with pytest.raises(PredictionError, match="holds no model, since there was no validation sample"):
        load_model(model)
