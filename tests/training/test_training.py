import json
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from netCDF4 import Dataset

from tilefold.inference.model import load_model
from tilefold.networks.registry import build_network
from tilefold.series.features import tensor
from tilefold.storage.metadata import provenance
from tilefold.training.choosing import CRITERIA, select_model
from tilefold.training.classes import class_weights
from tilefold.training.locks import FolderInUseError
from tilefold.training.loop import TrainingError
from tilefold.training.model_file import read_model_file

SCORES = ("loss", "loss_db", "oa", "kappa", "fscore", "precision", "recall")
COLUMNS = [
    *("epoch", "learning_rate"),
    *(f"train_{name}" for name in SCORES),
    *(f"validation_{name}" for name in SCORES),
    *(f"train_natural_{name}" for name in SCORES),
    *(f"validation_natural_{name}" for name in SCORES),
]
PROGRAM = """
import json, sys
from pathlib import Path
from tilefold.training.files import TrainingFiles
from tilefold.training.training import train_candidate
samples, statistics, settings, files, folder = sys.argv[1:]
folder = Path(folder)
files = TrainingFiles(**{name: folder / file for name, file in json.loads(files).items()})
train_candidate(samples, statistics, Path(samples).with_name("rates.csv"), json.loads(settings),
                files=files, checkpoints=folder / "checkpoints", events=folder / "events")
"""


def contents(outputs):
    return {name: path.read_bytes() for name, path in outputs.items()}


def test_class_weights_of_80_and_20_percent():
    learn, validation = np.array([70, 18, 0, 0]), np.array([10, 2, 0, 0])
    np.testing.assert_allclose(class_weights(learn, validation, weighted=True), [1.25, 5.0, 0.0, 0.0])
    np.testing.assert_allclose(class_weights(learn, validation, weighted=False), [1.0, 1.0, 0.0, 0.0])


def test_class_without_learn_samples_has_no_weight():
    found = class_weights(np.array([50, 0, 30]), np.array([0, 20, 0]), weighted=True)
    np.testing.assert_allclose(found, [2.0, 0.0, 100 / 30])


def test_easy_data_are_learnt_and_files_are_as_agreed(make_database, make_settings, train):
    database = make_database(4000)
    settings = make_settings(epochs=12, weighted_labels=True)
    outputs = train(database, settings, "run")
    history = pd.read_csv(outputs["history"])
    assert list(history) == COLUMNS
    assert history["epoch"].tolist() == list(range(1, 13))
    assert history["validation_oa"].iloc[-1] > 0.95
    assert history["validation_fscore"].iloc[-1] > 0.95
    tensors, description = read_model_file(outputs["weights"])
    assert list(description["inputs"]) == ["sentinel2", "dem"]
    assert description["classes"] == [1, 3, 7, 9]
    assert description["not_learnt"] == [9]
    assert description["validation_classes"] == [1, 3, 7]
    assert description["network"] == settings["network"]
    assert description["candidate"] == {"batch_size": 128, "learning_rate": 1e-3}
    assert description["provenance"] == provenance(settings)
    for criterion in CRITERIA:
        scores = history[f"validation_{criterion}"]
        best = scores.idxmin() if criterion == "loss" else scores.idxmax()
        assert description["best"][criterion] == {"epoch": best + 1, "score": scores[best]}
        names = {name for name in tensors if name.startswith(f"{criterion}/")}
        assert len(names) == 8


def test_stored_weights_give_the_stored_validation_loss(make_database, make_settings, train):
    """The loss of the best epoch, from the file alone and with torch's own weighted cross-entropy."""
    database = make_database(3000)
    outputs = train(database, make_settings(epochs=4, weighted_labels=True), "run")
    tensors, description = read_model_file(outputs["weights"])
    network = build_network(
        **description["network"],
        inputs=description["inputs"],
        classes=[1, 3, 7, 9],
        statistics=description["statistics"],
    ).eval()
    network.load_state_dict(
        {name[5:]: torch.from_numpy(value) for name, value in tensors.items() if name.startswith("loss/")}
    )
    with Dataset(database[0]) as dataset:
        dataset.set_auto_maskandscale(False)
        label, role = dataset["label"][:], dataset["role"][:]
        inputs = {
            name: torch.from_numpy(tensor(dataset[name][:][role == 1], spec))
            for name, spec in description["inputs"].items()
        }
    share = [np.mean(label == code) for code in (1, 3, 7)]
    weight = torch.tensor([*(1 / value for value in share), 0.0], dtype=torch.float32)
    targets = torch.from_numpy(np.searchsorted([1, 3, 7, 9], label[role == 1]))
    with torch.inference_mode():
        logits = network(**inputs)
    loss = torch.nn.functional.cross_entropy(logits, targets, weight=weight)
    assert description["best"]["loss"]["score"] == pytest.approx(loss.item(), rel=1e-5)
    oa = (logits[:, :3].argmax(dim=1) == targets).float().mean().item()
    history = pd.read_csv(outputs["history"])
    assert history["validation_oa"][description["best"]["loss"]["epoch"] - 1] == pytest.approx(oa)


def test_the_chosen_model_predicts_as_well_as_its_history_says(make_database, make_settings, train, tmp_path):
    database = make_database(3000, noise=2500.0)
    candidates = [{"name": f"batch_{size}", "batch_size": size, "learning_rate": 1e-3} for size in (1000, 64)]
    outputs = {
        item["name"]: train(database, make_settings(batch_size=item["batch_size"]), item["name"])
        for item in candidates
    }
    select_model(
        {name: paths["weights"] for name, paths in outputs.items()},
        {"criterion": "oa", "candidates": candidates},
        model=tmp_path / "model.safetensors",
        described=tmp_path / "model.json",
        choice=tmp_path / "model_choice.csv",
    )
    predictor = load_model(tmp_path / "model.safetensors", device="cpu", batch_rows=256)
    with Dataset(database[0]) as dataset:
        dataset.set_auto_maskandscale(False)
        validation = dataset["role"][:] == 1
        label = dataset["label"][:][validation]
        tensors = {
            name: tensor(dataset[name][:][validation], spec) for name, spec in predictor.inputs.items()
        }
    predicted = np.array(predictor.classes)[predictor.predict(tensors).argmax(axis=1)]
    scores = {name: pd.read_csv(paths["history"])["validation_oa"].max() for name, paths in outputs.items()}
    assert np.mean(predicted == label) == pytest.approx(max(scores.values()))
    assert 0.4 < max(scores.values()) < 0.99
    choice = pd.read_csv(tmp_path / "model_choice.csv")
    assert choice.loc[choice["chosen"], "candidate"].tolist() == [max(scores, key=scores.get)]


def test_epoch_loss_does_not_depend_on_the_size_of_the_batches(make_database, make_settings, train):
    """With a learning rate of nearly 0, each epoch's loss is the weighted mean over all samples."""
    database = make_database(1000)
    losses = []
    for size in (7, 128, 1000):
        outputs = train(
            database,
            make_settings(epochs=1, batch_size=size, learning_rate=1e-12, weighted_labels=True),
            f"{size}",
        )
        losses.append(pd.read_csv(outputs["history"])["train_loss"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0] == pytest.approx(losses[2], rel=1e-5)


@pytest.mark.parametrize("mode", ["full", "stream"])
def test_same_inputs_give_the_same_bytes_and_another_seed_does_not(make_database, make_settings, train, mode):
    database = make_database(2500)
    parameters = {"name": "MLPClassifier", "module": None, "parameters": {"dropout": 0.2, "batch_norm": True}}
    settings = make_settings(dataloader_mode=mode, network=parameters)
    first = contents(train(database, settings, "first"))
    torch.rand(17)
    assert contents(train(database, settings, "second")) == first
    assert contents(train(database, settings | {"seed": 1}, "third"))["weights"] != first["weights"]


@pytest.mark.parametrize("parameters", [{}, {"dropout": 0.3, "batch_norm": True}])
def test_raised_and_lowered_epochs_give_the_bytes_of_fresh_runs(
    make_database, make_settings, train, parameters, caplog
):
    database = make_database(2000)
    settings = make_settings(network={"name": "MLP", "module": None, "parameters": parameters})
    fresh = {
        epochs: contents(train(database, settings | {"epochs": epochs}, f"fresh_{epochs}"))
        for epochs in (2, 4, 5)
    }
    caplog.set_level("INFO")
    for epochs, line in (
        (4, "afresh"),
        (5, "goes on from the checkpoint of epoch 4"),
        (4, "of epoch 4"),
        (2, "afresh"),
        (5, "of epoch 2"),
    ):
        caplog.clear()
        assert contents(train(database, settings | {"epochs": epochs}, "changed")) == fresh[epochs]
        assert line in caplog.text


def test_checkpoints_of_other_trainings_are_not_used(make_database, make_settings, train, caplog):
    caplog.set_level("INFO")
    database, other = make_database(1000), make_database(1000, seed=1)
    settings = make_settings()
    fresh = contents(train(other, settings, "fresh"))
    train(database, settings, "run")
    caplog.clear()
    assert contents(train(other, settings, "run")) == fresh
    assert "is of another training (sample database, statistics): not used" in caplog.text
    caplog.clear()
    train(other, settings | {"code": "new"}, "run")
    assert "is of another training (code): not used" in caplog.text
    caplog.clear()
    assert (
        contents(train(other, settings | {"code": "new", "restart_from_checkpoint": False}, "run"))["history"]
        == fresh["history"]
    )
    assert "starts afresh" in caplog.text


def test_damaged_last_checkpoint_falls_back(make_database, make_settings, train, tmp_path, caplog):
    database = make_database(1000)
    settings = make_settings(epochs=6)
    fresh = contents(train(database, settings, "fresh"))
    train(database, settings | {"epochs": 4}, "run")
    last = tmp_path / "run" / "checkpoints" / "epoch_000004.safetensors"
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 16
    last.write_bytes(content)
    caplog.set_level("INFO")
    assert contents(train(database, settings, "run")) == fresh
    assert "epoch_000004.safetensors is damaged and passed over" in caplog.text
    assert "goes on from the checkpoint of epoch 3" in caplog.text


def kill_and_resume(database, settings, files, folder, moment):
    """Start a training, kill it some time after its first checkpoint, start it again; say where it was."""
    arguments = [*map(str, database), json.dumps(settings), json.dumps(files), str(folder)]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    process = subprocess.Popen(command)
    end = time.monotonic() + 300
    while not list(folder.glob("checkpoints/epoch_*")) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    reached = max(int(file.stem.split("_")[1]) for file in folder.glob("checkpoints/epoch_*"))
    subprocess.run(command, check=True)
    return killed, reached


def check_kills(make_database, make_settings, train, tmp_path, *, repetitions, epochs, **loader):
    database = make_database(3000)
    adaptive = {"adaptive_lr": {"patience": 1, "threshold": 0.2}}
    settings = make_settings(epochs=epochs, weighted_labels=True, **adaptive, **loader)
    outputs = train(database, settings, "fresh")
    fresh, files = contents(outputs), {name: path.name for name, path in outputs.items()}
    moments = random.Random(repetitions)
    interrupted = 0
    for repetition in range(repetitions):
        folder = tmp_path / f"killed_{repetition}"
        killed, reached = kill_and_resume(database, settings, files, folder, moments.uniform(0, 1))
        interrupted += killed and reached < epochs
        assert {name: (folder / file).read_bytes() for name, file in files.items()} == fresh
    assert interrupted


def test_a_killed_training_resumes_with_the_same_bytes(make_database, make_settings, train, tmp_path):
    check_kills(
        make_database, make_settings, train, tmp_path, repetitions=1, epochs=40, dataloader_mode="stream"
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", ["full", "stream"])
@pytest.mark.parametrize("workers", [0, 2])
def test_many_killed_trainings_resume_with_the_same_bytes(
    make_database, make_settings, train, tmp_path, mode, workers
):
    loader = {"dataloader_mode": mode, "num_workers": workers}
    check_kills(make_database, make_settings, train, tmp_path, repetitions=20, epochs=40, **loader)


def test_second_training_of_a_candidate_is_refused(make_database, make_settings, train, tmp_path):
    from tilefold.training.locks import only_writer

    with (
        only_writer(tmp_path / "run" / "checkpoints"),
        pytest.raises(FolderInUseError, match="is being written by"),
    ):
        train(make_database(100), make_settings(), "run")


def test_trainings_that_cannot_start_say_why(make_database, make_settings, train):
    samples = 500
    learn, validation = np.zeros(samples, np.int8), np.ones(samples, np.int8)
    with pytest.raises(TrainingError, match=r"no validation sample .* raise split.validation_ratio"):
        train(make_database(samples, role=learn), make_settings(), "a")
    with pytest.raises(TrainingError, match=r"no learn sample; .* raise split.ratio"):
        train(make_database(samples, role=validation), make_settings(), "b")
    role = (np.arange(samples) % 2).astype(np.int8)
    label = np.where(role, 3, 1).astype(np.int32)
    with pytest.raises(TrainingError, match="no validation sample of a class that has learn samples"):
        train(make_database(samples, role=role, label=label), make_settings(), "c")


def test_a_training_that_diverges_says_so(make_database, make_settings, train):
    with pytest.raises(TrainingError, match=r"_loss of epoch \d is no finite number: .*lower\s"):
        train(make_database(500), make_settings(learning_rate=1e37), "run")


def test_validation_of_one_class_has_no_kappa(make_database, make_settings, train):
    label = np.ones(500, np.int32)
    outputs = train(make_database(500, label=label), make_settings(epochs=2), "run")
    history = pd.read_csv(outputs["history"])
    assert history["validation_kappa"].isna().all()
    assert read_model_file(outputs["weights"])[1]["best"]["kappa"] == {"epoch": 1, "score": None}
