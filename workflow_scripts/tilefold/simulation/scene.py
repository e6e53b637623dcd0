"""A whole simulated scene on disk: products, reference, nomenclature, truth."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilefold.simulation.bound import accuracy
from tilefold.simulation.classes import CLASSES, CODES, LOCAL_CODE, RARE_CODE
from tilefold.simulation.decoder import decoders
from tilefold.simulation.dials import Dials
from tilefold.simulation.faults import spoil
from tilefold.simulation.parcels import make_parcels
from tilefold.simulation.paths import ScenePaths, scene_paths
from tilefold.simulation.reference import Reference, make_reference
from tilefold.simulation.tile import GROUPS, IS_A_BOUND, KnownTile, simulate_tile
from tilefold.storage.tables import write_table, write_vector
from tilefold.storage.whole import write_json

REFERENCE_LAYER = "reference"


def simulate_scene(folder: Path | str, dials: Dials) -> ScenePaths:
    """Simulate a scene; equal dials give equal bytes.

    The scene is made in a folder beside `folder` and renamed at the end, so that one that is there is whole.

    Parameters
    ----------
    folder
        Where to put it; must not exist, or be empty.
    dials
        All settings.

    Raises
    ------
    FileExistsError
        If there is something in the folder already.
    """
    home = Path(folder)
    if home.exists() and any(home.iterdir()):
        raise FileExistsError(f"{home}: not empty; remove it or name another folder for the simulated scene")
    unfinished = home.with_name(f".{home.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    paths = scene_paths(unfinished, dem=dials.dem)
    parcels = make_parcels(dials)
    reference = make_reference(dials, parcels)
    known = [
        simulate_tile(paths, dials, parcels, reference, tile, decoder)
        for tile, decoder in decoders(dials).items()
    ]
    write_nomenclature(paths.nomenclature)
    spoilt, faults = spoil(reference.features, dials)
    write_vector(paths.reference, spoilt, REFERENCE_LAYER)
    write_json(paths.truth_json, _describe(dials, reference, faults, known))
    if home.exists():
        home.rmdir()
    unfinished.rename(home)
    return scene_paths(home, dem=dials.dem)


def write_nomenclature(path: Path) -> None:
    """Write codes, labels and colours (#rrggbb) of the simulated classes as CSV."""
    colours = ["#{:02x}{:02x}{:02x}".format(*look.colour) for look in CLASSES]
    labels = [look.label for look in CLASSES]
    write_table(path, pd.DataFrame({"code": CODES, "label": labels, "colour": colours}))


def _describe(
    dials: Dials, reference: Reference, faults: dict[str, int], known: list[KnownTile]
) -> dict[str, Any]:
    """Content of truth.json."""
    written, true_code = reference.features["code"], reference.features["true_code"]
    possible = {
        group: accuracy(
            *(np.concatenate(parts) for parts in zip(*(k.answers[group] for k in known), strict=True))
        )
        for group in GROUPS
    }
    prevalence = {
        str(code): float(np.mean([part.facts["prevalence"][str(code)] for part in known])) for code in CODES
    }
    return {
        "dials": dials.to_dict(),
        "best_possible_oa": possible["truth"].get("oa"),
        "best_possible": possible,
        "best_possible_is_a_bound": IS_A_BOUND,
        "prevalence": prevalence,
        "polygons": {str(code): int((written == code).sum()) for code in CODES},
        "mislabelled_polygons": int((written != true_code).sum()),
        "faults": faults,
        "rare_code": RARE_CODE,
        "local_code": LOCAL_CODE,
        "tiles": {part.tile: part.facts for part in known},
    }
