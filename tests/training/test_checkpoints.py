import logging

import numpy as np
import pytest

from tilefold.training.checkpoints import (
    Checkpoint,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
    training_identity,
)

IDENTITY = {"sample database": "a", "settings": "b"}


def checkpoint(epoch):
    arrays = {"network/weight": np.full((3, 2), epoch, np.float32), "count": np.array(epoch)}
    return Checkpoint(epoch, arrays, {"epoch": epoch, "history": [{"loss": 0.1 + epoch, "kappa": None}]})


@pytest.fixture
def folder(tmp_path):
    for epoch in (1, 2, 3):
        save_checkpoint(tmp_path, checkpoint(epoch), IDENTITY)
    return tmp_path


def test_the_last_two_are_kept_and_the_last_is_read(folder):
    assert sorted(file.name for file in folder.iterdir()) == [
        "epoch_000002.safetensors",
        "epoch_000003.safetensors",
    ]
    found = load_checkpoint(folder, IDENTITY, epochs=10)
    assert found.epoch == 3
    assert found.content == checkpoint(3).content
    assert list(found.content["history"][0]) == ["loss", "kappa"]
    for name, values in checkpoint(3).arrays.items():
        np.testing.assert_array_equal(found.arrays[name], values)
        assert (found.arrays[name].dtype, found.arrays[name].shape) == (values.dtype, values.shape)


def test_one_beyond_the_wanted_epochs_is_not_used(folder):
    assert load_checkpoint(folder, IDENTITY, epochs=2).epoch == 2
    assert load_checkpoint(folder, IDENTITY, epochs=1) is None


def test_one_of_other_data_is_not_used(folder, caplog):
    with caplog.at_level(logging.INFO):
        assert load_checkpoint(folder, IDENTITY | {"sample database": "other"}, epochs=10) is None
    assert "is of another training (sample database): not used" in caplog.text


@pytest.mark.parametrize("damage", ["bit", "cut", "empty", "header"])
def test_a_damaged_one_falls_back_to_the_one_before(folder, caplog, damage):
    last = folder / "epoch_000003.safetensors"
    content = bytearray(last.read_bytes())
    if damage == "bit":
        content[-3] ^= 1
    elif damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = bytearray()
    else:
        position = content.index(b"0.1") if b"0.1" in content else content.index(b"3.1")
        content[position] = ord("7")
    last.write_bytes(content)
    assert load_checkpoint(folder, IDENTITY, epochs=10).epoch == 2
    assert "epoch_000003.safetensors is damaged and passed over" in caplog.text


def test_removing_takes_what_killed_processes_left(folder):
    (folder / ".epoch_000004.0123.safetensors").write_bytes(b"half")
    (folder / ".lock").touch()
    remove_checkpoints(folder)
    assert [file.name for file in folder.iterdir()] == [".lock"]


def test_identity_knows_what_the_weights_depend_on(make_database, make_settings):
    samples, statistics = make_database(100)
    other, other_statistics = make_database(100, seed=1)
    settings = make_settings()

    def changed(
        settings=settings,
        samples=samples,
        statistics=statistics,
        shares=(0.5, 0.5),
        device="cpu",
        compiled=False,
    ):
        found = training_identity(samples, statistics, shares, settings, device)
        return [name for name, value in first.items() if found[name] != value]

    first = training_identity(samples, statistics, (0.5, 0.5), settings, "cpu")
    assert changed() == []
    assert changed(settings | {"epochs": 99, "restart_from_checkpoint": False, "threads": 7}) == []
    assert changed(settings | {"code": "other"}) == ["code"]
    assert changed(samples=other) == ["sample database"]
    assert changed(statistics=other_statistics) == ["statistics"]
    assert changed(shares=(0.4, 0.6)) == ["shares of the reference"]
    assert changed(device="cuda") == ["device"]
    for key, value in {"batch_size": 7, "learning_rate": 1.0, "seed": 5, "weighted_labels": True}.items():
        assert changed(settings | {key: value}) == ["settings"]
