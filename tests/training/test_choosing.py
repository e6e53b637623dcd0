import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tilefold.training.choosing import is_better, select_model
from tilefold.training.model_file import read_model_file, write_model_file

NAMES = ["batch_8_lr_0.1", "batch_8_lr_0.01", "batch_16_lr_0.1"]
SCORES = {
    "loss": [0.5, 0.3, 0.3],
    "fscore": [0.7, 0.6, 0.7],
    "oa": [0.1, 0.2, 0.9],
    "kappa": [None, 0.1, None],
}


@pytest.fixture
def weights(tmp_path):
    paths = {}
    for number, name in enumerate(NAMES):
        tensors = {
            f"{criterion}/layer.weight": np.full((2, 2), 10 * number + position, np.float32)
            for position, criterion in enumerate(SCORES)
        }
        best = {
            criterion: {"epoch": number + 1, "score": values[number]} for criterion, values in SCORES.items()
        }
        paths[name] = tmp_path / f"{name}.safetensors"
        description = {"classes": [1, 2], "criterion": None, "epoch": None, "score": None, "best": best}
        write_model_file(paths[name], tensors, description | {"candidate": {"batch_size": number}})
    return paths


def settings(criterion, names=NAMES):
    return {
        "criterion": criterion,
        "candidates": [{"name": name, "batch_size": 8, "learning_rate": 0.1} for name in names],
    }


@pytest.mark.parametrize(
    ("criterion", "position", "winner"), [("loss", 0, 1), ("fscore", 1, 0), ("oa", 2, 2), ("kappa", 3, 1)]
)
def test_winner_of_each_criterion(tmp_path, weights, criterion, position, winner):
    model, choice = tmp_path / "model.safetensors", tmp_path / "model_choice.csv"
    select_model(weights, settings(criterion), model=model, described=tmp_path / "m.json", choice=choice)
    tensors, description = read_model_file(model)
    assert list(tensors) == ["layer.weight"]
    np.testing.assert_array_equal(
        tensors["layer.weight"], np.full((2, 2), 10 * winner + position, np.float32)
    )
    assert json.loads((tmp_path / "m.json").read_text()) == description
    assert description["criterion"] == criterion
    assert description["epoch"] == winner + 1
    assert description["score"] == SCORES[criterion][winner]
    assert description["candidate"] == {"batch_size": winner}
    table = pd.read_csv(choice)
    assert list(table) == [
        "candidate",
        "batch_size",
        "learning_rate",
        "criterion",
        "epoch",
        "score",
        "chosen",
    ]
    assert table["candidate"].tolist() == NAMES
    assert table["chosen"].tolist() == [number == winner for number in range(3)]
    assert table["score"].astype(object).where(table["score"].notna(), None).tolist() == SCORES[criterion]


def test_a_further_candidate_that_does_not_win_changes_no_byte(tmp_path, weights):
    for names in (NAMES[:2], NAMES):
        select_model(
            weights,
            settings("loss", names),
            model=tmp_path / f"{len(names)}.safetensors",
            described=tmp_path / f"{len(names)}.json",
            choice=tmp_path / "a.csv",
        )
    assert (tmp_path / "2.json").read_bytes() == (tmp_path / "3.json").read_bytes()
    assert (tmp_path / "2.safetensors").read_bytes() == (tmp_path / "3.safetensors").read_bytes()


def test_of_equal_candidates_the_first_in_the_order_given(tmp_path, weights):
    select_model(
        weights,
        settings("fscore", NAMES[::-1]),
        model=tmp_path / "m.safetensors",
        described=tmp_path / "m.json",
        choice=tmp_path / "a.csv",
    )
    assert read_model_file(tmp_path / "m.safetensors")[1]["candidate"] == {"batch_size": 2}


def test_comparison():
    assert is_better("loss", 0.1, 0.2)
    assert not is_better("loss", 0.2, 0.2)
    assert is_better("oa", 0.3, 0.2)
    assert is_better("kappa", -0.5, None)
    assert not is_better("kappa", None, -0.5)
    assert not is_better("kappa", None, None)


def test_faults(tmp_path, weights):
    outputs = {name: tmp_path / name for name in ("model", "described", "choice")}
    with pytest.raises(ValueError, match="found 'accuracy', expected one of loss"):
        select_model(weights, settings("accuracy"), **outputs)
    with pytest.raises(ValueError, match="no weights file for the candidates other"):
        select_model(weights, settings("loss", [*NAMES, "other"]), **outputs)


def test_choosing_imports_no_torch():
    program = "import sys, tilefold.training.choosing; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
