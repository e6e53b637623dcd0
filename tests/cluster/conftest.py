"""One Slurm for all tests that need it."""

import pytest
import slurm_lab


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    try:
        slurm_lab.start(folder)
        yield folder
    finally:
        slurm_lab.stop(folder)
