"""Which tiles are worked on: those that the configuration names, else those in the folders of all sensors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tilefold.config.model import Config
from tilefold.plan.grouping import listed

MISNAMED = "the name of a tile holds letters and digits alone: rename the folder"


def choose_tiles(config: Config, sensors: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Training tiles, mapped tiles (both sorted), faults.

    Parameters
    ----------
    config
        The configuration.
    sensors
        The sensors whose folders are looked at; each has one.
    """
    train, mapped = config.tiles.train, config.tiles.map
    if train is None or mapped is None:
        found, left_out = tiles_on_disk(config, sensors)
        if not found:
            folders = ", ".join(config.sensors[name].path for name in sensors)
            return [], [], [f"tiles: no folder of a tile is in all of {folders}{left_out_text(left_out)}"]
        train, mapped = train or found, mapped or found
    return sorted(train), sorted(mapped), []


def tiles_on_disk(config: Config, sensors: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Tiles that have a folder of each sensor, sorted, and for each other folder why it is left out.

    Folders whose names begin with a dot are none of tiles.
    """
    found = {
        name: {
            entry.name
            for entry in Path(config.sensors[name].path).iterdir()
            if not entry.name.startswith(".") and entry.is_dir()
        }
        for name in sensors
    }
    tiles: list[str] = []
    left_out: dict[str, str] = {}
    for folder in sorted(set().union(*found.values())):
        lacking = [config.sensors[name].path for name in sensors if folder not in found[name]]
        if not _is_name(folder):
            left_out[folder] = MISNAMED
        elif lacking:
            left_out[folder] = f"not in {' and '.join(lacking)}"
        else:
            tiles.append(folder)
    return tiles, left_out


def _is_name(text: str) -> bool:
    return text.isascii() and text.isalnum()


def left_out_text(left_out: dict[str, str]) -> str:
    """Folders that are left out, by reason; empty where none is."""
    by_reason: dict[str, list[str]] = {}
    for folder, reason in left_out.items():
        by_reason.setdefault(reason, []).append(folder)
    return "".join(f"; left out: {listed(folders)} ({reason})" for reason, folders in by_reason.items())
