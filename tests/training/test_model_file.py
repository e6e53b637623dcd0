import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tilefold.training.model_file import (
    ModelFileError,
    read_model_description,
    read_model_file,
    write_model_file,
)

TENSORS = {
    "b/weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "a": np.array(7),
    "c": np.zeros(3, np.float64),
}
CONTENT = {"inputs": {"z": 1, "a": {"kind": "static"}}, "score": 0.1 + 0.2, "epoch": None}


def test_round_trip_keeps_values_shapes_and_order(tmp_path):
    write_model_file(tmp_path / "m.safetensors", TENSORS, CONTENT)
    tensors, content = read_model_file(tmp_path / "m.safetensors")
    assert content == CONTENT
    assert list(content["inputs"]) == ["z", "a"]
    other = load_file(tmp_path / "m.safetensors")
    for name, values in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], values)
        np.testing.assert_array_equal(other[name], values)
        assert tensors[name].shape == values.shape
    assert read_model_description(tmp_path / "m.safetensors") == CONTENT


def test_same_content_has_same_bytes(tmp_path):
    for name in ("1", "2"):
        write_model_file(
            tmp_path / name, dict(reversed(TENSORS.items())) if name == "2" else TENSORS, CONTENT
        )
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_other_files_are_refused(tmp_path):
    save_file({"a": np.zeros(2)}, tmp_path / "plain.safetensors")
    (tmp_path / "text.safetensors").write_text("text")
    for name in ("plain", "text"):
        with pytest.raises(ModelFileError, match=f"{name}.safetensors: not a whole model file"):
            read_model_file(tmp_path / f"{name}.safetensors")
