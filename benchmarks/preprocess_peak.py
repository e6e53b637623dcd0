"""Preprocess a tile and print the process's peak memory in KiB: a process of its own for `bench_preprocess.py`.

Linux counts VmHWM from the start of the program. `ru_maxrss` of `resource.getrusage`, otherwise the same, begins with
the peak of the process that started this one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tilefold.series.preprocess import preprocess_tile


def main(folder: Path, settings: str) -> None:
    """Preprocess `folder`/products with the settings, given as JSON."""
    preprocess_tile(
        folder / "products",
        json.loads(settings),
        series=folder / "series.tif",
        clear_dates=folder / "clear.tif",
        threads=1,
    )
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError("/proc/self/status has no VmHWM: this benchmark needs Linux")
    print(found[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
