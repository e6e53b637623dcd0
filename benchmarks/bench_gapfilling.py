"""Gap-filling against one call of numpy.interp for each pixel and band."""

from __future__ import annotations

import numpy as np
from rounds import interleave
from workload import BANDS, DATES, acquisitions

from tilefold.series.gapfilling import fill_gaps

ROWS, COLS = 256, 512
#: numpy.interp is timed on this many pixels and scaled to all: it treats each pixel alike.
SUBSET = 1024
ROUNDS = 15


def bench_gapfilling() -> dict[str, float]:
    """Speed of the kernel over that of numpy.interp, on workload W."""
    values, valid, days, calendar = acquisitions(ROWS, COLS)
    seen = values.reshape(*values.shape[:2], -1)[..., :SUBSET]
    clear = valid.reshape(len(days), -1)[:, :SUBSET]
    filled, _ = fill_gaps(values, valid, days, calendar)
    by_numpy = _interp(seen, clear, days, calendar)
    by_kernel = filled.reshape(len(DATES), len(BANDS), -1)[..., :SUBSET]
    known = clear.any(axis=0)
    if np.abs(by_kernel - by_numpy)[..., known].max() > 0.5 + 1e-6:
        raise RuntimeError("fill_gaps and numpy.interp disagree: the benchmark compares nothing")
    # As in a job, where all blocks are filled in one place.
    room = np.empty_like(filled)
    times = interleave(
        {
            "kernel": lambda: fill_gaps(values, valid, days, calendar, out=room),
            "numpy.interp": lambda: _interp(seen, clear, days, calendar),
        },
        ROUNDS,
    )
    scaled = times["numpy.interp"].best * (ROWS * COLS / SUBSET)
    return {"gapfill_vs_numpy_interp": scaled / times["kernel"].best}


def _interp(values: np.ndarray, valid: np.ndarray, days: list[int], calendar: list[int]) -> np.ndarray:
    at, wanted = np.asarray(days, float), np.asarray(calendar, float)
    result = np.zeros((len(calendar), values.shape[1], values.shape[2]))
    for pixel in range(values.shape[2]):
        clear = valid[:, pixel]
        if not clear.any():
            continue
        for band in range(values.shape[1]):
            result[:, band, pixel] = np.interp(wanted, at[clear], values[clear, band, pixel])
    return result
