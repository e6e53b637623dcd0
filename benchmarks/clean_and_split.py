"""Clean and split a reference; print seconds and peak KiB of both: a process of its own for `bench_cleaning.py`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from peak import peak_kib

from tilefold.folds.split import split_polygons
from tilefold.ground_truth.cleaning import clean_ground_truth


def main(folder: Path, settings: str) -> None:
    """Clean `folder`/parcels.gpkg and split it with the settings, given as JSON."""
    wanted = json.loads(settings)
    start = time.perf_counter()
    reference = folder / "reference.gpkg"
    clean_ground_truth(
        folder / "parcels.gpkg",
        wanted["clean"],
        reference=reference,
        rejected=folder / "rejected.gpkg",
        table=folder / "cleaning.csv",
    )
    cleaned, processor, memory = time.perf_counter(), time.process_time(), peak_kib()
    split_polygons(reference, wanted["split"], split=folder / "split.parquet")
    wall = [cleaned - start, time.perf_counter() - cleaned]
    print(json.dumps([*wall, processor, time.process_time() - processor, memory, peak_kib()]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
