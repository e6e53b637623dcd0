"""Checkpoints: what a training has reached, kept so that an interrupted one goes on with the same bytes."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tilefold.storage.metadata import content_digest, digest, file_digest, provenance
from tilefold.training.model_file import ModelFileError, read_model_file, write_model_file

logger = logging.getLogger(__name__)

#: Checkpoints that are kept: the last, and the one before in case the last is damaged.
KEPT = 2

#: Settings that do not change what an epoch leads to.
_NOT_IDENTITY = frozenset(
    {"epochs", "num_workers", "restart_from_checkpoint", "code", "compile", "tensorboard"}
)


@dataclass(frozen=True)
class Checkpoint:
    """State after an epoch: arrays, and plain data with at least the epoch."""

    epoch: int
    arrays: dict[str, NDArray[Any]]
    content: dict[str, Any]


def training_identity(
    samples: Path | str,
    statistics: Path | str,
    shares: Sequence[float],
    settings: Mapping[str, Any],
    device: str,
) -> dict[str, str]:
    """Name what a training's weights depend on besides the number of epochs.

    A checkpoint of another training is not used. The device, and whether networks are compiled, are what is really
    computed with, since `auto` may mean another one tomorrow; the versions of the libraries are there because
    another one may round differently.
    """
    return {
        "sample database": file_digest(samples),
        "statistics": file_digest(statistics),
        "shares of the reference": digest({"shares": list(shares)}),
        "settings": content_digest(
            {key: value for key, value in settings.items() if key not in _NOT_IDENTITY}
        ),
        "code": str(settings.get("code")),
        "libraries": digest(provenance({})),
        "device": device,
    }


def save_checkpoint(folder: Path, checkpoint: Checkpoint, identity: Mapping[str, str]) -> None:
    """Write a checkpoint whole, then remove all but the last ones."""
    text = _content_text(checkpoint.content, identity)
    write_model_file(
        folder / f"epoch_{checkpoint.epoch:06d}.safetensors",
        checkpoint.arrays,
        {"content": text, "checksum": _checksum(checkpoint.arrays, text)},
    )
    for file in _files(folder)[KEPT:]:
        file.unlink()


def load_checkpoint(folder: Path, identity: Mapping[str, str], epochs: int) -> Checkpoint | None:
    """Read the last usable checkpoint of a training that wants `epochs` epochs, or None.

    A damaged one is passed over with a warning. One of other data, settings, code, libraries or device is
    never used, nor is one beyond `epochs`, since its best weights may be of an epoch that is not wanted.
    """
    for file in _files(folder):
        try:
            checkpoint, found = _read(file)
        except ModelFileError as error:
            logger.warning("checkpoint %s is damaged and passed over: %s", file, error)
            continue
        others = [name for name in identity if found.get(name) != identity[name]]
        if others:
            logger.info("checkpoint %s is of another training (%s): not used", file, ", ".join(others))
        elif checkpoint.epoch > epochs:
            logger.info("checkpoint %s is beyond the %d epochs wanted: not used", file, epochs)
        else:
            return checkpoint
    return None


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints, and what killed processes left half-written."""
    for file in [*_files(folder), *folder.glob(".epoch_*.safetensors")]:
        file.unlink()


def _files(folder: Path) -> list[Path]:
    """Checkpoints, the last first."""
    return sorted(folder.glob("epoch_*.safetensors"), reverse=True)


def _read(file: Path) -> tuple[Checkpoint, dict[str, str]]:
    arrays, stored = read_model_file(file)
    try:
        text, checksum = stored["content"], stored["checksum"]
    except KeyError as error:
        raise ModelFileError(f"no {error} in its description") from error
    if _checksum(arrays, text) != checksum:
        raise ModelFileError("its checksum is wrong")
    whole = json.loads(text)
    return Checkpoint(whole["content"]["epoch"], arrays, whole["content"]), whole["identity"]


def _content_text(content: Mapping[str, Any], identity: Mapping[str, str]) -> str:
    # The order of keys is kept: it is that of the history's columns and of the model's description.
    return json.dumps({"content": content, "identity": dict(identity)}, allow_nan=False)


def _checksum(arrays: Mapping[str, NDArray[Any]], text: str) -> str:
    """SHA-256 of the text and of every array's name, type, shape and bytes."""
    combined = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        combined.update(f"{name} {array.dtype} {array.shape}".encode())
        combined.update(array.tobytes())
    return combined.hexdigest()
