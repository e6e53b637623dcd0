"""Model files: safetensors with the model's description as JSON; no torch is needed to read one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tilefold.storage.whole import whole_file

#: The one key of the file's metadata. With several keys their order in the file would be left to chance.
KEY = "tilefold"

Tensors = dict[str, NDArray[Any]]


class ModelFileError(ValueError):
    """A file that is not a whole model file of this library."""


def write_model_file(
    path: Path | str, tensors: Mapping[str, NDArray[Any]], content: Mapping[str, Any]
) -> None:
    """Write tensors and their description whole; equal content in equal order has equal bytes.

    The order of keys in `content` is kept, since the order of a model's inputs has a meaning.
    """
    dense = {name: np.array(tensors[name], order="C") for name in sorted(tensors)}
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    with whole_file(path) as temporary:
        save_file(dense, temporary, metadata={KEY: text})


def read_model_file(path: Path | str) -> tuple[Tensors, dict[str, Any]]:
    """Read the tensors and the description that `write_model_file` wrote.

    Raises
    ------
    ModelFileError
        If the file is damaged or of another kind.
    """
    return _read(path, with_tensors=True)


def read_model_description(path: Path | str) -> dict[str, Any]:
    """Read the description alone."""
    return _read(path, with_tensors=False)[1]


def _read(path: Path | str, *, with_tensors: bool) -> tuple[Tensors, dict[str, Any]]:
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()} if with_tensors else {}  # noqa: SIM118
        content = json.loads(metadata[KEY])
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ModelFileError(
            f"{path}: not a whole model file of tilefold ({type(error).__name__}: {error}); "
            "remove it and run again"
        ) from error
    return tensors, content
