"""Epochs of learning and validation."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from tilefold.training.augmenting import Augmentation
from tilefold.training.compute import derived_seed, generator
from tilefold.training.database import Batch, SampleDatabase
from tilefold.training.history import Row, history_row
from tilefold.training.optimising import AdaptiveRate
from tilefold.training.state import TrainingState
from tilefold.training.stopping import EarlyStop
from tilefold.training.sums import EpochResult, EpochSums

logger = logging.getLogger(__name__)

#: Rows of a validation batch; the losses depend on it in their last digits.
VALIDATION_ROWS = 4096


class TrainingError(ValueError):
    """A training that cannot be started or has lost its numbers."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    batch_size, epochs, seed
        As in the configuration.
    class_weights
        Weight of each class in the loss, float64 (classes,), 0 for classes without learn samples.
    class_shares
        Share of each class in the reference, float64 (classes,).
    device
        Where to compute.
    bf16
        Whether the network computes with bfloat16 where torch's autocast does; losses are always float32.
    label_smoothing
        Share of a sample's label that is spread over all classes while learning; validation losses are without.
    gradient_clipping
        Largest norm of the gradient of all weights together, or None.
    adaptive_lr
        Arguments of `ReduceLROnPlateau`, or None for one rate.
    early_stop
        When to end before the last epoch, or None.
    augmentation
        Changes of the samples that are learnt from, or None; validation samples are never changed.
    """

    batch_size: int
    epochs: int
    seed: int
    class_weights: NDArray[np.float64]
    class_shares: NDArray[np.float64]
    device: torch.device
    bf16: bool = False
    label_smoothing: float = 0.0
    gradient_clipping: float | None = None
    adaptive_lr: Mapping[str, Any] | None = None
    early_stop: EarlyStop | None = None
    augmentation: Augmentation | None = None


def fit(
    state: TrainingState,
    samples: SampleDatabase,
    recipe: Recipe,
    after_epoch: Callable[[TrainingState, float], None],
) -> None:
    """Train from the state's epoch to the recipe's last or an early stop, validating after each epoch.

    Every random number of an epoch comes from the seed and the epoch alone, so the weights after an epoch are
    the same whether the training was interrupted before it or not.

    Parameters
    ----------
    state
        Changed in place.
    samples
        The run's samples.
    recipe
        How to train.
    after_epoch
        Called with the state and the learn samples a second after each epoch.

    Raises
    ------
    TrainingError
        If a loss is not a finite number.
    """
    rate = AdaptiveRate(state.optimiser, recipe.adaptive_lr, state.history)
    while state.epoch < recipe.epochs and not _stops(state, recipe):
        epoch = state.epoch + 1
        started = time.perf_counter()
        # Layers like dropout draw from torch's global state.
        torch.manual_seed(derived_seed(recipe.seed, "layers", epoch))
        learnt = _learn(state, samples, recipe, epoch)
        samples_a_second = learnt.matrix.sum() / (time.perf_counter() - started)
        validated = _validate(state, samples, recipe)
        results = (learnt, validated)
        row = history_row(epoch, rate.value, results, recipe.class_weights, recipe.class_shares)
        _check_finite(row)
        state.add(row, np.stack([result.matrix for result in results]))
        rate.after_epoch(row)
        state.keep_best()
        logger.info(
            "epoch %d of %d: learn loss %.4f, validation loss %.4f, F-score %.4f; %.0f samples/s",
            *(epoch, recipe.epochs, row["train_loss"], row["validation_loss"]),
            *(row["validation_fscore"], samples_a_second),
        )
        after_epoch(state, samples_a_second)


def _stops(state: TrainingState, recipe: Recipe) -> bool:
    if recipe.early_stop is None or not recipe.early_stop.reached(state.history):
        return False
    logger.info(
        "early stop after epoch %d: %s has not improved for %d epochs",
        *(state.epoch, recipe.early_stop.metric, recipe.early_stop.patience),
    )
    return True


def _learn(state: TrainingState, samples: SampleDatabase, recipe: Recipe, epoch: int) -> EpochResult:
    state.network.train()
    weights = torch.tensor(recipe.class_weights, dtype=torch.float32, device=recipe.device)
    sums = EpochSums(weights > 0)
    random = generator(recipe.seed, "augmentation", epoch, recipe.device)
    for batch in samples.learn_batches(recipe.batch_size, recipe.seed, epoch):
        logits, targets = _forward(state.network, batch, recipe, random)
        state.optimiser.zero_grad()
        loss = cross_entropy(
            logits, targets, weight=weights, reduction="sum", label_smoothing=recipe.label_smoothing
        )
        (loss / weights[targets].sum()).backward()
        if recipe.gradient_clipping is not None:
            clip_grad_norm_(state.network.parameters(), recipe.gradient_clipping)
        state.optimiser.step()
        sums.add(logits.detach(), targets)
    return sums.result()


@torch.inference_mode()
def _validate(state: TrainingState, samples: SampleDatabase, recipe: Recipe) -> EpochResult:
    state.network.eval()
    sums = EpochSums(torch.tensor(recipe.class_weights > 0, device=recipe.device))
    for batch in samples.validation_batches(VALIDATION_ROWS):
        # Not the compiled call: each change between learning and validating would be compiled anew.
        sums.add(*_forward(state.network.forward, batch, recipe))
    return sums.result()


def _forward(
    network: Callable[..., Tensor], batch: Batch, recipe: Recipe, random: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Logits and targets; augmented where random numbers are given."""
    inputs = {name: values.to(recipe.device) for name, values in batch.inputs.items()}
    if random is not None and recipe.augmentation is not None:
        inputs = recipe.augmentation.apply(inputs, random)
    with torch.autocast(recipe.device.type, dtype=torch.bfloat16, enabled=recipe.bf16):
        logits = network(**inputs)
    return logits.float(), batch.targets.to(recipe.device)


def _check_finite(row: Row) -> None:
    for column in ("train_loss", "validation_loss"):
        value = row[column]
        if value is None or not math.isfinite(value):
            raise TrainingError(
                f"{column} of epoch {row['epoch']} is no finite number: the training has diverged; lower "
                "training.hyperparameters_solver.learning_rate, and look for infinite values in the inputs"
            )
