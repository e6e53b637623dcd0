"""What a region that cannot be trained has in the place of a model: whole files that say so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from tilefold.storage.metadata import provenance
from tilefold.training.database import LEARN, VALIDATION, SampleDatabase
from tilefold.training.files import TrainingFiles, write_epochs
from tilefold.training.model_file import write_model_file

logger = logging.getLogger(__name__)

NO_LEARN = "no learn sample"
NO_VALIDATION = "no validation sample of a class that has learn samples"


def why_untrained(database: SampleDatabase) -> str:
    """What a database lacks for a training; empty if nothing."""
    learnt = database.counts(LEARN) > 0
    if not learnt.any():
        return NO_LEARN
    return "" if np.any(database.counts(VALIDATION)[learnt]) else NO_VALIDATION


def write_untrained(
    reason: str, database: SampleDatabase, settings: Mapping[str, Any], title: str, files: TrainingFiles
) -> None:
    """Write the outputs of a training that cannot be.

    Parameters
    ----------
    reason
        Why, see `why_untrained`.
    database
        The region's samples.
    settings
        As for `tilefold.training.training.train_candidate`.
    title
        Heading of the pictures.
    files
        A model file without tensors, with the reason as ``untrained`` in its description; tables without rows;
        pictures without lines.
    """
    description = {
        "untrained": reason,
        "inputs": database.inputs,
        "classes": database.classes,
        "not_learnt": database.classes,
        "provenance": provenance(settings),
    }
    logger.warning("%s: no model, since there is %s", title, reason)
    write_model_file(files.weights, {}, description)
    write_epochs(files, None, database.classes, f"{title}: no model, since there is {reason}")
