"""Classify a tile with all products and print the process's peak memory in KiB: a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from peak import peak_kib
from tile_job import WHOLE_SIZE, settings

from tilefold.inference.chunks import classify_chunk


def main(folder: Path) -> None:
    """Classify the series that `write_sparse` wrote."""
    products = ("labels", "confidence", "probabilities", "margin", "clear_dates")
    classify_chunk(
        {"all": folder / "model.safetensors"},
        {"sentinel2": folder / "series.tif"},
        {"sentinel2": folder / "clear.tif"},
        {},
        settings(WHOLE_SIZE),
        **{name: folder / f"{name}.tif" for name in products},
    )
    print(peak_kib())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
