"""Prepare the regions: one geometry each, and their neighbours."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.regions.preparing import prepare_regions


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    prepare_regions(
        snakemake.input.source,
        start_job(snakemake),
        regions=snakemake.output.regions,
        neighbours=snakemake.output.neighbours,
    )


if __name__ == "__main__":
    main(snakemake)
