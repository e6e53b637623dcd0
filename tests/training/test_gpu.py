"""Training on a GPU: it learns, repeats and resumes as on the CPU."""

import shutil

import pandas as pd
import pytest
import torch

from tilefold.training.database import open_samples

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="SKIPPED: there is no GPU"),
]
NETWORKS = [
    {"name": "MLPClassifier", "module": None, "parameters": {"dropout": 0.2, "batch_norm": True}},
    {"name": "LTAEClassifier", "module": None, "parameters": {}},
    {"name": "TempCNN", "module": None, "parameters": {}},
]


def contents(outputs):
    return {name: path.read_bytes() for name, path in outputs.items()}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network["name"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_learns_repeats_and_resumes(make_database, make_settings, train, network, precision):
    database = make_database(4000)
    changes = {"time_shift": 0, "band_noise": 0.1, "date_dropout": 0.1}
    settings = make_settings(network=network, precision=precision, device="cuda:0", dataloader_mode="stream")
    settings |= {"augmentation": changes, "gradient_clipping": 5.0, "adaptive_lr": {"patience": 2}}
    fresh = train(database, settings | {"epochs": 8}, "fresh")
    assert pd.read_csv(fresh["history"])["validation_oa"].iloc[-1] > 0.95
    assert contents(train(database, settings | {"epochs": 8}, "again")) == contents(fresh)
    train(database, settings | {"epochs": 3}, "resumed")
    assert contents(train(database, settings | {"epochs": 8}, "resumed")) == contents(fresh)


def test_fp32_on_a_gpu_is_near_the_cpu(make_database, make_settings, train):
    database = make_database(2000)
    histories = [
        pd.read_csv(
            train(database, make_settings(epochs=2, device=device, precision="fp32"), device)["history"]
        )
        for device in ("cpu", "cuda")
    ]
    for column in ("train_loss", "validation_loss"):
        assert histories[0][column].to_numpy() == pytest.approx(histories[1][column].to_numpy(), rel=1e-3)


def test_automatic_precision_is_bf16_where_the_gpu_has_it(make_database, make_settings, train):
    database = make_database(1000)
    automatic = train(database, make_settings(device="cuda", precision="auto"), "auto")
    other = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    named = train(database, make_settings(device="cuda", precision=other), "named")
    assert automatic["history"].read_bytes() == named["history"].read_bytes()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="SKIPPED: torch's compiler needs a C compiler")
def test_a_compiled_training_repeats_resumes_and_learns_the_same_up_to_rounding(
    make_database, make_settings, train
):
    database = make_database(4000)
    settings = make_settings(device="cuda", precision="fp32")
    plain = train(database, settings | {"compile": False, "epochs": 4}, "plain")
    compiled = train(database, settings | {"compile": True, "epochs": 4}, "compiled")
    first, second = (pd.read_csv(files["history"])["train_loss"] for files in (plain, compiled))
    assert second.to_numpy() == pytest.approx(first.to_numpy(), rel=1e-2)
    train(database, settings | {"compile": True, "epochs": 2}, "resumed")
    assert contents(train(database, settings | {"compile": True, "epochs": 4}, "resumed")) == contents(
        compiled
    )


@pytest.mark.parametrize("mode", ["full", "stream"])
def test_batches_put_together_on_a_gpu_are_those_of_the_cpu(make_database, mode):
    path, _ = make_database(5000)
    with open_samples(path, mode) as expected, open_samples(path, mode, device=torch.device("cuda")) as found:
        pairs = list(zip(expected.learn_batches(300, 0, 1), found.learn_batches(300, 0, 1), strict=True))
    for one, other in pairs:
        assert other.targets.device.type == "cuda"
        assert torch.equal(one.targets, other.targets.cpu())
        for name, values in one.inputs.items():
            torch.testing.assert_close(other.inputs[name].cpu(), values, rtol=0, atol=0, equal_nan=True)


def test_samples_that_do_not_fit_on_a_gpu_stay_in_the_memory_of_the_cpu(
    make_database, make_settings, train, monkeypatch
):
    database = make_database(2000)
    settings = make_settings(device="cuda")
    there = train(database, settings, "there")
    monkeypatch.setattr("tilefold.training.database.fits", lambda _size, _device: False)
    assert contents(train(database, settings, "here")) == contents(there)
