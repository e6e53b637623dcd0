"""All that a training has reached after an epoch, as arrays and plain data and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tilefold.networks.base import TilefoldNetwork
from tilefold.training.choosing import CRITERIA, is_better
from tilefold.training.history import Row

Arrays = dict[str, NDArray[Any]]


@dataclass
class Best:
    """Best epoch for one criterion, its score on validation (None: 0/0) and its weights."""

    epoch: int
    score: float | None
    weights: Arrays


@dataclass
class TrainingState:
    """A network in training.

    Attributes
    ----------
    network, optimiser
        As they are after the last epoch.
    epoch
        Number of epochs done.
    history
        One row for each epoch: column of the history table to value, None for 0/0.
    matrices
        Confusion matrices of the learn and the validation samples of each epoch, int64 (2, classes, classes).
    best
        Best epoch so far for each criterion.
    """

    network: TilefoldNetwork
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    history: list[Row] = field(default_factory=list)
    matrices: list[NDArray[np.int64]] = field(default_factory=list)
    best: dict[str, Best] = field(default_factory=dict)

    def add(self, row: Row, matrices: NDArray[np.int64]) -> None:
        """Write down an epoch that is done."""
        self.epoch += 1
        self.history.append(row)
        self.matrices.append(matrices)

    def keep_best(self) -> None:
        """Compare the last row of the history with the best epochs; of equal ones the earlier stays."""
        row = self.history[-1]
        weights: Arrays | None = None
        for criterion in CRITERIA:
            score = row[f"validation_{criterion}"]
            if criterion not in self.best or is_better(criterion, score, self.best[criterion].score):
                weights = weights or _arrays(self.network.state_dict())
                self.best[criterion] = Best(self.epoch, score, weights)

    def to_arrays(self) -> tuple[Arrays, dict[str, Any]]:
        """Arrays (weights, optimiser's state, best weights, matrices), plain data (epoch, history, scores)."""
        arrays = {f"network/{name}": value for name, value in _arrays(self.network.state_dict()).items()}
        for index, values in self.optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser/{index}/{key}": value for key, value in _arrays(values).items()}
        for criterion, best in self.best.items():
            arrays |= {f"best/{criterion}/{name}": value for name, value in best.weights.items()}
        arrays |= {"matrices": np.stack(self.matrices)} if self.matrices else {}
        best_epochs = {name: {"epoch": best.epoch, "score": best.score} for name, best in self.best.items()}
        return arrays, {"epoch": self.epoch, "history": self.history, "best": best_epochs}

    def restore(self, arrays: Mapping[str, NDArray[Any]], content: Mapping[str, Any]) -> None:
        """Inverse of `to_arrays`, into a network and an optimiser made with the same settings."""
        self.network.load_state_dict(_tensors(_below(arrays, "network/")))
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _tensors(_below(arrays, "optimiser/")).items():
            index, key = name.split("/", maxsplit=1)
            state.setdefault(int(index), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.epoch = content["epoch"]
        self.history = list(content["history"])
        self.matrices = list(arrays["matrices"]) if self.history else []
        self.best = {
            criterion: Best(best["epoch"], best["score"], _below(arrays, f"best/{criterion}/"))
            for criterion, best in content["best"].items()
        }


def _arrays(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    """Copy to the CPU, so that later steps of the training change nothing."""
    return {name: np.array(value.detach().cpu().numpy(), order="C") for name, value in tensors.items()}


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in arrays.items()}


def _below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
