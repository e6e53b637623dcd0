"""Timing of candidates side by side: interleaved rounds, the best of each, and the spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds of each round."""

    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        """Shortest round."""
        return min(self.seconds)

    @property
    def spread(self) -> float:
        """Longest round over the shortest, minus 1."""
        return max(self.seconds) / self.best - 1


def interleave(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Run all candidates in turn, `rounds` times, after one turn that is not counted (compilation, caches).

    Parameters
    ----------
    candidates
        What to run, by name.
    rounds
        Turns that are counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    times = {name: Times(tuple(values)) for name, values in seconds.items()}
    for name, found in times.items():
        print(
            f"    {name}: best {found.best:.3f} s of {rounds} rounds, spread {found.spread:.0%}", flush=True
        )
    return times
