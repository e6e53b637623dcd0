"""Gather the indexes of all tiles' pools."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.storage.gathered import gather_tables


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    start_job(snakemake)
    gather_tables(snakemake.input.indexes, snakemake.output.index)


if __name__ == "__main__":
    main(snakemake)
