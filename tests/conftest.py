"""What tests of several rooms need."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Function that finds a file or folder of real data; where it is missing, the test is skipped."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TILEFOLD_TEST_DATA", default))

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"no real data in {path}; set TILEFOLD_TEST_DATA")
        return path

    return find
