"""Train an epoch on streamed samples, print the process's peak memory in KiB: a process for `bench_training.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from bench_training import one_epoch
from peak import peak_kib
from workload import series_values, statistics

from tilefold.training.database import open_samples


def main(path: Path) -> None:
    """Train on a sample database."""
    torch.set_num_threads(1)
    with open_samples(path, "stream") as samples:
        one_epoch(samples, statistics(series_values(4096)))()
    print(peak_kib())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
