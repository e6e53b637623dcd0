"""Burn the regions of one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.regions.burning import burn_regions


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    burn_regions(snakemake.input.regions, start_job(snakemake), raster=snakemake.output.raster)


if __name__ == "__main__":
    main(snakemake)
