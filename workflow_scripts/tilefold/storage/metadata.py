"""Digests and provenance that products carry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tilefold.storage.version import VERSION

#: Keys of a settings dict that the engine compares but on which no product's content depends.
NOT_CONTENT = frozenset(
    {
        *("path", "stamp", "number_of_chunks", "threads", "module", "restart_from_checkpoint", "num_workers"),
        "tensorboard",
    }
)

#: Tag of maps: the models' digests.
MODELS = "tilefold_models"


def digest(content: Any) -> str:
    """First 16 hex digits of the SHA-256 of plain data in canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def content_digest(settings: Mapping[str, Any]) -> str:
    """Digest of the settings that a product's content depends on: no path, no time, no chunk count."""
    return digest(_content(settings))


def _content(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _content(item) for key, item in value.items() if key not in NOT_CONTENT}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    return value


def file_digest(path: Path | str) -> str:
    """First 16 hex digits of the SHA-256 of a file's bytes."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def provenance(settings: Mapping[str, Any]) -> dict[str, str]:
    """What every product carries: the digest of its settings and the versions that made it."""
    return {
        "tilefold_settings": content_digest(settings),
        "tilefold_version": VERSION,
        "tilefold_libraries": ", ".join(f"{name} {version(name)}" for name in ("numpy", "rasterio", "torch")),
    }


def models_tag(models: Mapping[str, Path | str]) -> dict[str, str]:
    """Tag of a map with the digest of each region's model file, which the settings do not tell."""
    return {MODELS: ", ".join(f"{region} {file_digest(path)}" for region, path in models.items())}


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that a raster made from others takes over from them."""
    return {name: tags[name] for name in (MODELS,) if name in tags}
