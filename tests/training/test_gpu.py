"""Training on a GPU: it learns, repeats and resumes as on the CPU."""

import pandas as pd
import pytest
import torch

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
