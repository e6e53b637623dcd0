"""Checks of the numbers that a network is made with; messages name them as the configuration does."""

from __future__ import annotations


def check_share(**shares: float) -> None:
    """Raise ValueError for a share outside [0, 1)."""
    for name, value in shares.items():
        if not 0 <= value < 1:
            raise ValueError(f"dl_parameters.{name} must be in [0, 1), found {value}")


def check_count(**counts: int) -> None:
    """Raise ValueError for what is no whole number of at least 1."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"dl_parameters.{name} must be a whole number of at least 1, found {value!r}")


def check_heads(d_model: int, heads: int) -> None:
    """Raise ValueError unless the width can be shared between the heads."""
    check_count(d_model=d_model, heads=heads)
    if d_model % heads:
        raise ValueError(
            f"dl_parameters.d_model must be a multiple of heads, found d_model {d_model} and heads {heads}"
        )


def check_period(period: float) -> None:
    """Raise ValueError for a period of position encodings that is not above 0."""
    if not period > 0:
        raise ValueError(f"dl_parameters.period must be above 0, found {period}")
