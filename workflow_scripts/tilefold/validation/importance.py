"""Which inputs a network looks at: what accuracy falls by where an input is shuffled (Breiman 2001)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.inference.model import Predictor
from tilefold.series.inputs import component_names

REPEATS = 5


def component_importance(
    predictor: Predictor, tensors: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int32], seed: int
) -> pd.DataFrame:
    """Fall of the share of right samples where a component is shuffled among them, at all its dates together.

    Parameters
    ----------
    predictor
        The model.
    tensors
        For each input, float32: (n, dates, components) or (n, components).
    labels
        Codes of the classes of the n samples.
    seed
        Start of the random numbers.

    Returns
    -------
    DataFrame
        `input`, `component`, `importance`: mean of `REPEATS` shuffles, 0 where the share rises.
    """
    place = np.searchsorted(predictor.classes, labels)
    rng = np.random.default_rng(seed)

    def accuracy(given: Mapping[str, NDArray[np.float32]]) -> float:
        return float((predictor.predict(given).argmax(axis=1) == place).mean())

    before = accuracy(tensors)
    rows = []
    for name, spec in predictor.inputs.items():
        for number, component in enumerate(component_names(spec)):
            falls = []
            for _ in range(REPEATS):
                shuffled = tensors[name].copy()
                shuffled[..., number] = shuffled[rng.permutation(len(place)), ..., number]
                falls.append(before - accuracy({**tensors, name: shuffled}))
            rows.append((name, component, max(float(np.mean(falls)), 0.0)))
    return pd.DataFrame(rows, columns=["input", "component", "importance"])


def feature_weights(importance: pd.DataFrame, inputs: Mapping[str, Any]) -> NDArray[np.float64]:
    """Weight of each feature, date by date and component by component in the order of the inputs.

    A component's importance is shared by its dates, so that its part in a squared distance does not grow with their
    number. Without any importance all components weigh 1.
    """
    values = importance["importance"].to_numpy(float)
    if not (values > 0).any():
        values = np.ones_like(values)
    parts, start = [], 0
    for spec in inputs.values():
        stop, dates = start + len(component_names(spec)), len(spec.get("dates", [None]))
        parts.append(np.tile(values[start:stop] / np.sqrt(dates), dates))
        start = stop
    return np.concatenate(parts)
