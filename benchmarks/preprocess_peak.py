"""Preprocess a tile and print the process's peak memory in KiB: a process of its own for `bench_preprocess.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from peak import peak_kib

from tilefold.series.preprocess import preprocess_tile


def main(folder: Path, settings: str) -> None:
    """Preprocess `folder`/products with the settings, given as JSON."""
    preprocess_tile(
        folder / "products",
        json.loads(settings),
        series=folder / "series.tif",
        clear_dates=folder / "clear.tif",
        skipped=folder / "skipped.csv",
        threads=1,
    )
    print(peak_kib())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
