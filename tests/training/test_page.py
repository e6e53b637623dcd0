"""docs/training.md names keys and files that there are."""

import re
from pathlib import Path

import yaml

from tilefold.config.learning import Training

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
#: Words in code that are no keys of the section.
OTHERS = {"mode", "optimizer", "samples", "auto", "full"}


def test_the_example_is_a_valid_section():
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    section = Training(**yaml.safe_load(example[1])["training"])
    assert len(section.candidates()) == 6
    assert section.early_stop() is not None


def test_keys_are_those_of_the_section():
    found = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", PAGE.read_text())) - OTHERS
    assert found <= set(Training.model_fields)
    assert {"early_stop_tol", "adaptive_lr", "label_smoothing", "precision"} <= found


def test_the_default_tolerance_is_the_told_share():
    assert f"{100 * (1 - 10 ** -Training().early_stop_tol):.1f} %" in PAGE.read_text()


def test_a_trainings_files_are_named(make_database, make_settings, train):
    outputs = train(make_database(300), make_settings(epochs=1), "run")
    for path in outputs.values():
        assert f"`{path.name}`" in PAGE.read_text()
