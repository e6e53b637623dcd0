"""Names and defaults of the training's parameters are those of the reference system's table."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from tilefold.config.learning import AdaptiveLr, Training

TABLE = Path(__file__).parents[3] / "shared" / "design" / "FACTS.md"


@pytest.mark.skipif(not TABLE.exists(), reason=f"SKIPPED: {TABLE} is not there")
def test_defaults_are_those_of_the_reference_systems_table():
    text = TABLE.read_text().split("### A1.")[1].split("### A2.")[0]
    rows = [row.split("|")[1:3] for row in text.splitlines() if row.startswith("|")][2:]
    assert len(rows) == 17
    ours = Training().model_dump(exclude_none=True)
    for name, default in ((name.strip(), default.strip()) for name, default in rows):
        if name == "dl_name":  # mandatory there
            continue
        if name == "hyperparameters_solver":
            assert default == "batch_size [1000], learning_rate [1e-5]"
            assert ours[name] == {"batch_size": [1000], "learning_rate": [1e-5]}
        elif default == "None":
            assert name in Training.model_fields
            assert name not in ours
        else:
            assert ours[name] == yaml.safe_load(default), name


def test_adaptive_lr_takes_the_keys_of_reduce_lr_on_plateau():
    assert AdaptiveLr().arguments() is None
    assert AdaptiveLr(verbose=False).arguments() == {}
    assert AdaptiveLr(patience=3, verbose=True).arguments() == {"patience": 3}
    for refused in ("mode", "optimizer"):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            AdaptiveLr(**{refused: "min"})


@pytest.mark.parametrize("name", ["valid_loss", "validation_loss"])
def test_other_spellings_of_the_validation_loss(name):
    assert Training(early_stop_metric=name).early_stop_metric == "val_loss"


def test_early_stop_is_off_by_default():
    assert Training().early_stop() is None


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu:0"])
def test_unknown_devices_are_refused(device):
    with pytest.raises(ValidationError, match="String should match pattern"):
        Training(device=device)
