"""Epochs of learning and validation."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from tilefold.training.augmenting import Augmentation
from tilefold.training.compute import derived_seed, generator
from tilefold.training.database import Batch, SampleDatabase
from tilefold.training.metrics import Scores, confusion, scores
from tilefold.training.optimising import AdaptiveRate
from tilefold.training.state import Row, TrainingState
from tilefold.training.stopping import EarlyStop

logger = logging.getLogger(__name__)

#: Rows of a validation batch; the losses depend on it in their last digits.
VALIDATION_ROWS = 4096

#: Columns of the history besides the epoch: scores of each part.
TRAIN_COLUMNS = ("oa", "kappa", "fscore")
VALIDATION_COLUMNS = ("oa", "kappa", "fscore", "precision", "recall")
HISTORY_COLUMNS = (
    *("epoch", "learning_rate"),
    *("train_loss", "train_loss_db", *(f"train_{name}" for name in TRAIN_COLUMNS)),
    *("validation_loss", "validation_loss_db", *(f"validation_{name}" for name in VALIDATION_COLUMNS)),
)


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
        Weight of each class in the loss, float32 (classes,), 0 for classes without learn samples.
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
    class_weights: Tensor
    device: torch.device
    bf16: bool = False
    label_smoothing: float = 0.0
    gradient_clipping: float | None = None
    adaptive_lr: Mapping[str, Any] | None = None
    early_stop: EarlyStop | None = None
    augmentation: Augmentation | None = None


class _Sums:
    """Sums over the batches of an epoch, kept on the device until the epoch ends."""

    def __init__(self, recipe: Recipe) -> None:
        self._classes = len(recipe.class_weights)
        self._barred = recipe.class_weights == 0
        self._loss = torch.zeros((), dtype=torch.float64, device=recipe.device)
        self._weight = torch.zeros((), dtype=torch.float64, device=recipe.device)
        self._matrix = torch.zeros((self._classes, self._classes), dtype=torch.int64, device=recipe.device)

    def add(self, logits: Tensor, targets: Tensor, loss: Tensor, weight: Tensor) -> None:
        """Add a batch: sum of weighted losses, sum of weights; classes not learnt are not predicted."""
        predicted = logits.masked_fill(self._barred, -torch.inf).argmax(dim=1)
        self._matrix += confusion(targets, predicted, self._classes)
        self._loss += loss
        self._weight += weight

    def result(self) -> tuple[float, Scores]:
        """Loss (sum of weighted sample losses over sum of weights) and scores."""
        return float(self._loss / self._weight), scores(self._matrix.cpu().numpy())


def fit(
    state: TrainingState,
    samples: SampleDatabase,
    recipe: Recipe,
    after_epoch: Callable[[TrainingState], None],
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
        Called with the state after each epoch.

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
        seconds = time.perf_counter() - started
        validated = _validate(state, samples, recipe)
        state.epoch = epoch
        state.history.append(_row(epoch, rate.value, learnt, validated))
        _check_finite(state.history[-1])
        rate.after_epoch(state.history[-1])
        state.keep_best()
        logger.info(
            "epoch %d of %d: learn loss %.4f, validation loss %.4f, F-score %.4f; %.0f samples/s",
            *(epoch, recipe.epochs, learnt[0], validated[0], validated[1].fscore),
            samples.counts(0).sum() / seconds,
        )
        after_epoch(state)


def _stops(state: TrainingState, recipe: Recipe) -> bool:
    if recipe.early_stop is None or not recipe.early_stop.reached(state.history):
        return False
    logger.info(
        "early stop after epoch %d: %s has not improved for %d epochs",
        *(state.epoch, recipe.early_stop.metric, recipe.early_stop.patience),
    )
    return True


def _learn(state: TrainingState, samples: SampleDatabase, recipe: Recipe, epoch: int) -> tuple[float, Scores]:
    state.network.train()
    sums = _Sums(recipe)
    random = generator(recipe.seed, "augmentation", epoch, recipe.device)
    for batch in samples.learn_batches(recipe.batch_size, recipe.seed, epoch):
        logits, targets, loss, weight = _forward(state, batch, recipe, random)
        state.optimiser.zero_grad()
        smoothed = _smoothed(logits, targets, recipe) if recipe.label_smoothing else loss
        (smoothed / weight).backward()
        if recipe.gradient_clipping is not None:
            clip_grad_norm_(state.network.parameters(), recipe.gradient_clipping)
        state.optimiser.step()
        sums.add(logits.detach(), targets, loss.detach(), weight)
    return sums.result()


@torch.inference_mode()
def _validate(state: TrainingState, samples: SampleDatabase, recipe: Recipe) -> tuple[float, Scores]:
    state.network.eval()
    sums = _Sums(recipe)
    for batch in samples.validation_batches(VALIDATION_ROWS):
        sums.add(*_forward(state, batch, recipe))
    return sums.result()


def _forward(
    state: TrainingState, batch: Batch, recipe: Recipe, random: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits, targets, sum of weighted cross-entropies and of weights; augmented where random numbers are given."""
    inputs = {name: values.to(recipe.device) for name, values in batch.inputs.items()}
    if random is not None and recipe.augmentation is not None:
        inputs = recipe.augmentation.apply(inputs, random)
    targets = batch.targets.to(recipe.device)
    with torch.autocast(recipe.device.type, dtype=torch.bfloat16, enabled=recipe.bf16):
        logits = state.network(**inputs)
    logits = logits.float()
    loss = cross_entropy(logits, targets, weight=recipe.class_weights, reduction="sum")
    return logits, targets, loss, recipe.class_weights[targets].sum()


def _smoothed(logits: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Sum of weighted cross-entropies with smoothed labels (Szegedy et al. 2016)."""
    return cross_entropy(
        logits,
        targets,
        weight=recipe.class_weights,
        reduction="sum",
        label_smoothing=recipe.label_smoothing,
    )


def _row(
    epoch: int, learning_rate: float, learnt: tuple[float, Scores], validated: tuple[float, Scores]
) -> Row:
    row: Row = {"epoch": epoch, "learning_rate": learning_rate}
    row |= {"train_loss": learnt[0], "train_loss_db": _decibels(learnt[0])}
    row |= {f"train_{name}": _known(getattr(learnt[1], name)) for name in TRAIN_COLUMNS}
    row |= {"validation_loss": validated[0], "validation_loss_db": _decibels(validated[0])}
    row |= {f"validation_{name}": _known(getattr(validated[1], name)) for name in VALIDATION_COLUMNS}
    return row


def _decibels(loss: float) -> float | None:
    """10 log10 of a loss; None where that is no number."""
    return 10 * math.log10(loss) if loss > 0 and math.isfinite(loss) else None


def _known(score: float) -> float | None:
    return None if math.isnan(score) else score


def _check_finite(row: Row) -> None:
    for column in ("train_loss", "validation_loss"):
        value = row[column]
        if value is None or not math.isfinite(value):
            raise TrainingError(
                f"{column} of epoch {row['epoch']} is {value}: the training has diverged; lower "
                "training.hyperparameters_solver.learning_rate, and look for infinite values in the inputs"
            )
