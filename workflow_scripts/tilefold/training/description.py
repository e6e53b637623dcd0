"""What a model file says about its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilefold.storage.metadata import provenance
from tilefold.training.database import LEARN, VALIDATION, SampleDatabase
from tilefold.training.state import TrainingState


def describe_model(
    database: SampleDatabase,
    statistics: Mapping[str, Any],
    settings: Mapping[str, Any],
    state: TrainingState,
) -> dict[str, Any]:
    """Describe the model, in an order that depends on nothing but the inputs."""
    network = settings["network"]
    return {
        "network": {
            "name": network["name"],
            "module": network["module"],
            "parameters": dict(sorted(network["parameters"].items())),
        },
        "inputs": database.inputs,
        "classes": database.classes,
        "not_learnt": chosen_codes(database, database.counts(LEARN) == 0),
        "validation_classes": chosen_codes(database, database.counts(VALIDATION) > 0),
        "statistics": {name: statistics[name] for name in database.inputs},
        "candidate": {"batch_size": settings["batch_size"], "learning_rate": settings["learning_rate"]},
        "criterion": None,
        "epoch": None,
        "score": None,
        "best": {name: {"epoch": best.epoch, "score": best.score} for name, best in state.best.items()},
        "provenance": provenance(settings),
    }


def chosen_codes(database: SampleDatabase, chosen: NDArray[np.bool_]) -> list[int]:
    """Codes of the classes that are chosen (classes,)."""
    return [code for code, is_chosen in zip(database.classes, chosen, strict=True) if is_chosen]
