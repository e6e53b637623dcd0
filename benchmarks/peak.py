"""Peak memory of this process."""

from __future__ import annotations

import re
from pathlib import Path


def peak_kib() -> int:
    """Peak memory of this process in KiB.

    Linux counts VmHWM from the start of the program. `ru_maxrss` of `resource.getrusage`, otherwise the same, begins
    with the peak of the process that started this one.
    """
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError("/proc/self/status has no VmHWM: this benchmark needs Linux")
    return int(found[1])
