"""How many pixels of each class a run wants, from how many there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

NO_LIMIT = np.iinfo(np.int64).max


def wanted_pixels(available: Counts, settings: Mapping[str, Any]) -> Counts:
    """Pixels that a strategy wants, learn and validation together; a class may have fewer.

    First the strategy, then the prevalence, then the limits. Each region is taken by itself, since it has a model
    of its own.

    Parameters
    ----------
    available
        Pixels by region and class, (regions, classes).
    settings
        ``strategy``: ``name``, a key of `STRATEGIES`, with what it needs. ``prevalence``: "sampled", or
        "reference", see `at_reference_shares`. ``limits``: ``min`` and ``max`` by class, in the order of the
        columns; None where there is none.

    Returns
    -------
    array of int64, (regions, classes)
        0 for a class without available pixels.
    """
    strategy, limits = settings["strategy"], settings["limits"]
    wanted = np.where(available > 0, STRATEGIES[strategy["name"]](available, strategy), 0)
    if settings["prevalence"] == "reference":
        wanted = at_reference_shares(wanted, available)
    least = np.array([0 if value is None else value for value in limits["min"]], np.int64)
    most = np.array([NO_LIMIT if value is None else value for value in limits["max"]], np.int64)
    return np.where(available > 0, np.clip(wanted, least, most), 0)


def at_reference_shares(wanted: Counts, available: Counts) -> Counts:
    """As many pixels in all as could be taken, each class with its share of the available pixels.

    Parameters
    ----------
    wanted, available
        Pixels by region and class, (regions, classes).
    """
    total = np.minimum(wanted, available).sum(axis=1, keepdims=True)
    return _in_proportion(total, available)


def _in_proportion(total: Counts | int, available: Counts) -> Counts:
    """Shares of a total by available pixels, rounded half up, in exact arithmetic."""
    everything = np.maximum(available.sum(axis=1, keepdims=True), 1)
    return (2 * total * available + everything) // (2 * everything)


def _all(available: Counts, strategy: Mapping[str, Any]) -> Counts:  # noqa: ARG001
    return available


def _smallest(available: Counts, strategy: Mapping[str, Any]) -> Counts:  # noqa: ARG001
    present = np.where(available > 0, available, NO_LIMIT)
    return np.broadcast_to(present.min(axis=1, keepdims=True), available.shape)


def _constant(available: Counts, strategy: Mapping[str, Any]) -> Counts:
    return np.full_like(available, strategy["count"])


def _percent(available: Counts, strategy: Mapping[str, Any]) -> Counts:
    return np.floor(strategy["share"] * available + 0.5).astype(np.int64)


def _total(available: Counts, strategy: Mapping[str, Any]) -> Counts:
    return _in_proportion(strategy["total"], available)


def _byclass(available: Counts, strategy: Mapping[str, Any]) -> Counts:
    return np.broadcast_to(np.array(strategy["by_class"], np.int64), available.shape)


#: Pixels by region and class, from those available and the strategy's settings: `smallest` as many of each class as
#: the smallest has, `constant` ``count``, `percent` ``share``, `total` ``total`` of all classes together by their
#: shares, `byclass` ``by_class`` in the order of the classes. Halves are rounded up, as OTB does.
STRATEGIES: dict[str, Callable[[Counts, Mapping[str, Any]], Counts]] = {
    "all": _all,
    "smallest": _smallest,
    "constant": _constant,
    "percent": _percent,
    "total": _total,
    "byclass": _byclass,
}
