"""Training of one candidate: a network with one batch size and one learning rate, on one run's samples."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.registry import build_network
from tilefold.regions.names import ALL
from tilefold.storage.whole import read_json
from tilefold.training.augmenting import make_augmentation
from tilefold.training.checkpoints import (
    Checkpoint,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
    training_identity,
)
from tilefold.training.classes import class_weights, reference_shares
from tilefold.training.compute import derived_seed, is_compiled, pick_device, reproducible, uses_bf16
from tilefold.training.database import LEARN, VALIDATION, SampleDatabase, open_samples
from tilefold.training.description import chosen_codes, describe_model
from tilefold.training.events import epoch_events
from tilefold.training.files import TrainingFiles, write_epochs
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
    rates: Path | str,
    settings: Mapping[str, Any],
    *,
    files: TrainingFiles,
    checkpoints: Path | str,
    events: Path | str,
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
    rates
        Table of the run's classes with their pixels in the training polygons, see `reference_shares`.
    settings
        What `tilefold.plan.settings.train_candidate` makes of the configuration's section `training`.
    files
        What to write.
    checkpoints
        Folder for checkpoints, not among the outputs; a training that finds its own there goes on from them.
    events
        Folder for TensorBoard's events, if the settings want them.

    Raises
    ------
    TrainingError
        If there is nothing to learn from or to validate on in the region `all`, or a loss is not a finite number.
    FolderInUseError
        If another process trains this candidate.
    """
    folder, device = Path(checkpoints), pick_device(settings["device"])
    title = f"{settings['fold']}, seed {settings['seed']}, region {settings['region']}"
    with (
        only_writer(folder),
        reproducible(settings["compute_threads"], device),
        open_samples(samples, settings["dataloader_mode"], settings["num_workers"], device) as database,
    ):
        if reason := _why_untrained(database, samples, settings["region"]):
            write_untrained(reason, database, settings, title, files)
            return
        shares = reference_shares(rates, settings["region"], database.classes)
        compiled = _is_compiled(database, settings, device)
        computed_on = f"{device.type}, compiled" if compiled else device.type
        identity = training_identity(samples, statistics, shares.tolist(), settings, computed_on)
        known = read_json(statistics)
        state = _new_state(database, known, settings, device, compiled=compiled)
        _restore(state, folder, identity, settings)
        recipe = _recipe(database, known, shares, settings, device)
        _fit(state, database, recipe, folder, identity, title, events if settings["tensorboard"] else None)
        said = describe_model(database, known, settings, state)
        write_model_file(files.weights, _best_weights(state), said)
        write_epochs(files, state, database.classes, title)


def _fit(
    state: TrainingState,
    database: SampleDatabase,
    recipe: Recipe,
    folder: Path,
    identity: Mapping[str, str],
    title: str,
    events: Path | str | None,
) -> None:
    """Train to the last epoch, with a checkpoint after each, and show people how far it is."""
    with epoch_bar(title, recipe.epochs) as show, epoch_events(events, state.epoch) as write:

        def after_epoch(reached: TrainingState, samples_a_second: float) -> None:
            arrays, content = reached.to_arrays()
            save_checkpoint(folder, Checkpoint(reached.epoch, arrays, content), identity)
            write(reached, samples_a_second)
            show(reached, samples_a_second)

        fit(state, database, recipe, after_epoch)


def _is_compiled(database: SampleDatabase, settings: Mapping[str, Any], device: torch.device) -> bool:
    batches = int(database.counts(LEARN).sum()) // int(settings["batch_size"])
    return is_compiled(settings["compile"], device, batches)


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
    logger.info("classes not learnt: %s", chosen_codes(database, learn == 0))
    logger.info(
        "classes that the validation scores are means over: %s", chosen_codes(database, validation > 0)
    )
    return class_weights(learn, validation, weighted=weighted)


def _best_weights(state: TrainingState) -> dict[str, Any]:
    """Weights of the best epoch of each criterion, named `<criterion>/<parameter>`."""
    return {
        f"{criterion}/{name}": value
        for criterion, best in state.best.items()
        for name, value in best.weights.items()
    }


def _recipe(
    database: SampleDatabase,
    statistics: Mapping[str, Any],
    shares: NDArray[np.float64],
    settings: Mapping[str, Any],
    device: torch.device,
) -> Recipe:
    stop = settings["early_stop"]
    return Recipe(
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        seed=settings["seed"],
        class_weights=_class_weights(database, weighted=settings["weighted_labels"]),
        class_shares=shares,
        device=device,
        bf16=uses_bf16(settings["precision"], device),
        label_smoothing=settings["label_smoothing"],
        gradient_clipping=settings["gradient_clipping"],
        adaptive_lr=settings["adaptive_lr"],
        early_stop=None if stop is None else EarlyStop(**stop),
        augmentation=make_augmentation(settings["augmentation"], database.inputs, statistics, device),
    )


def _new_state(
    database: SampleDatabase,
    statistics: Mapping[str, Any],
    settings: Mapping[str, Any],
    device: torch.device,
    *,
    compiled: bool,
) -> TrainingState:
    torch.manual_seed(derived_seed(settings["seed"], "weights"))
    network: TilefoldNetwork = build_network(
        **settings["network"], inputs=database.inputs, classes=database.classes, statistics=statistics
    ).to(device)
    if compiled:
        network.compile()
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
