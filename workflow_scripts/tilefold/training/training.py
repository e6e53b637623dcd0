"""Training of one candidate: a network with one batch size and one learning rate, on one run's samples."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.registry import build_network
from tilefold.regions.names import ALL
from tilefold.storage.metadata import provenance
from tilefold.storage.tables import write_table
from tilefold.storage.whole import read_json
from tilefold.training.augmenting import make_augmentation
from tilefold.training.checkpoints import (
    Checkpoint,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
    training_identity,
)
from tilefold.training.compute import derived_seed, pick_device, reproducible, uses_bf16
from tilefold.training.curves import draw_curves
from tilefold.training.database import LEARN, VALIDATION, SampleDatabase, open_samples
from tilefold.training.locks import only_writer
from tilefold.training.loop import Recipe, TrainingError, fit
from tilefold.training.model_file import write_model_file
from tilefold.training.optimising import make_optimiser
from tilefold.training.progress import epoch_bar
from tilefold.training.state import TrainingState
from tilefold.training.stopping import EarlyStop
from tilefold.training.untrained import NO_LEARN, why_untrained, write_untrained

logger = logging.getLogger(__name__)


def train_candidate(
    samples: Path | str,
    statistics: Path | str,
    settings: Mapping[str, Any],
    *,
    weights: Path | str,
    history: Path | str,
    curves: Path | str,
    checkpoints: Path | str,
) -> None:
    """Train a network on the weighted cross-entropy and keep its best epochs.

    A region whose samples allow no training gets whole files that say so, see `write_untrained`; the region `all`
    has nothing in its place, so there it is an error.

    Parameters
    ----------
    samples
        Sample database of the run and region.
    statistics
        Statistics of its learn samples.
    settings
        What `tilefold.plan.settings.train_candidate` makes of the configuration's section `training`.
    weights
        Model file to write, with the weights of the best epoch for each of loss, fscore, oa and kappa.
    history, curves
        Table and picture to write, one row for each epoch.
    checkpoints
        Folder for checkpoints, not among the outputs; a training that finds its own there goes on from them.

    Raises
    ------
    TrainingError
        If there is nothing to learn from or to validate on in the region `all`, or a loss is not a finite number.
    FolderInUseError
        If another process trains this candidate.
    """
    folder, device = Path(checkpoints), pick_device(settings["device"])
    title = f"{settings['fold']}, seed {settings['seed']}, region {settings['region']}"
    statistics_content = read_json(statistics)
    with (
        only_writer(folder),
        reproducible(settings["compute_threads"], device),
        open_samples(samples, settings["dataloader_mode"], settings["num_workers"]) as database,
    ):
        if reason := _why_untrained(database, samples, settings["region"]):
            outputs = {"weights": weights, "history": history, "curves": curves}
            write_untrained(reason, database, settings, title, **outputs)
            logger.warning("%s: no model, since there is %s", title, reason)
            return
        identity = training_identity(samples, statistics, settings, device.type)
        state = _new_state(database, statistics_content, settings, device)
        _restore(state, folder, identity, settings)
        recipe = _recipe(database, statistics_content, settings, device)
        _train(state, database, recipe, folder, identity, title)
        write_model_file(
            weights, _best_weights(state), _description(database, statistics_content, settings, state)
        )
        write_table(history, pd.DataFrame(state.history).astype({"epoch": "int64"}))
        draw_curves(curves, state.history, title)


def _train(
    state: TrainingState,
    database: SampleDatabase,
    recipe: Recipe,
    folder: Path,
    identity: Mapping[str, str],
    title: str,
) -> None:
    """Train to the last epoch, with a checkpoint after each."""
    with epoch_bar(title, recipe.epochs) as show:

        def after_epoch(reached: TrainingState) -> None:
            arrays, content = reached.to_arrays()
            save_checkpoint(folder, Checkpoint(reached.epoch, arrays, content), identity)
            show(reached)

        fit(state, database, recipe, after_epoch)


def class_weights(
    learn: NDArray[np.integer[Any]], validation: NDArray[np.integer[Any]], *, weighted: bool
) -> NDArray[np.float64]:
    """Weight of each class in the loss.

    Parameters
    ----------
    learn, validation
        Number of samples of each class (classes,).
    weighted
        Whether a class's weight is 1 / its proportion among learn and validation samples (80 % and 20 % give
        1.25 and 5), instead of 1.

    Returns
    -------
    ndarray
        float64 (classes,); 0 for classes without learn samples.
    """
    both = learn + validation
    inverse = both.sum() / np.maximum(both, 1) if weighted else np.ones(len(both))
    return np.where(learn > 0, inverse, 0.0)


def _why_untrained(database: SampleDatabase, samples: Path | str, region: str) -> str:
    """Why a region is not trained; an error where the region is all there is."""
    reason = why_untrained(database)
    if reason and region == ALL:
        more = "" if reason == NO_LEARN else ", so no best epoch can be told"
        ratio = "split.ratio" if reason == NO_LEARN else "split.validation_ratio"
        raise TrainingError(
            f"{samples}: {reason}{more}; add reference polygons in the training tiles, or raise {ratio}"
        )
    return reason


def _class_weights(database: SampleDatabase, *, weighted: bool) -> NDArray[np.float64]:
    learn, validation = database.counts(LEARN), database.counts(VALIDATION)
    logger.info("learn samples: %d, validation samples: %d", learn.sum(), validation.sum())
    logger.info("classes not learnt: %s", _codes(database, learn == 0))
    logger.info("classes that the validation scores are means over: %s", _codes(database, validation > 0))
    return class_weights(learn, validation, weighted=weighted)


def _best_weights(state: TrainingState) -> dict[str, Any]:
    """Weights of the best epoch of each criterion, named `<criterion>/<parameter>`."""
    return {
        f"{criterion}/{name}": value
        for criterion, best in state.best.items()
        for name, value in best.weights.items()
    }


def _recipe(
    database: SampleDatabase, statistics: Mapping[str, Any], settings: Mapping[str, Any], device: torch.device
) -> Recipe:
    weight_of = _class_weights(database, weighted=settings["weighted_labels"])
    stop = settings["early_stop"]
    return Recipe(
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        seed=settings["seed"],
        class_weights=torch.tensor(weight_of, dtype=torch.float32, device=device),
        device=device,
        bf16=uses_bf16(settings["precision"], device),
        label_smoothing=settings["label_smoothing"],
        gradient_clipping=settings["gradient_clipping"],
        adaptive_lr=settings["adaptive_lr"],
        early_stop=None if stop is None else EarlyStop(**stop),
        augmentation=make_augmentation(settings["augmentation"], database.inputs, statistics, device),
    )


def _new_state(
    database: SampleDatabase, statistics: Mapping[str, Any], settings: Mapping[str, Any], device: torch.device
) -> TrainingState:
    torch.manual_seed(derived_seed(settings["seed"], "weights"))
    network: TilefoldNetwork = build_network(
        **settings["network"], inputs=database.inputs, classes=database.classes, statistics=statistics
    ).to(device)
    optimiser = make_optimiser(settings["optimiser"], network.parameters(), settings["learning_rate"])
    return TrainingState(network, optimiser)


def _restore(
    state: TrainingState, folder: Path, identity: Mapping[str, str], settings: Mapping[str, Any]
) -> None:
    """Go on from a checkpoint of the same training, or clear the folder for a fresh start."""
    checkpoint = None
    if settings["restart_from_checkpoint"]:
        checkpoint = load_checkpoint(folder, identity, settings["epochs"])
    if checkpoint is None:
        logger.info("training starts afresh")
        remove_checkpoints(folder)
        return
    state.restore(checkpoint.arrays, checkpoint.content)
    logger.info("training goes on from the checkpoint of epoch %d", checkpoint.epoch)


def _description(
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
        "not_learnt": _codes(database, database.counts(LEARN) == 0),
        "validation_classes": _codes(database, database.counts(VALIDATION) > 0),
        "statistics": {name: statistics[name] for name in database.inputs},
        "candidate": {"batch_size": settings["batch_size"], "learning_rate": settings["learning_rate"]},
        "criterion": None,
        "epoch": None,
        "score": None,
        "best": {name: {"epoch": best.epoch, "score": best.score} for name, best in state.best.items()},
        "provenance": provenance(settings),
    }


def _codes(database: SampleDatabase, chosen: NDArray[np.bool_]) -> list[int]:
    return [code for code, is_chosen in zip(database.classes, chosen, strict=True) if is_chosen]
