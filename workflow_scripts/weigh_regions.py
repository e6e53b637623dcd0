"""Weigh the regions at their borders, in one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.regions.weighing import weigh_regions


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    weigh_regions(snakemake.input.regions, start_job(snakemake), raster=snakemake.output.raster)


if __name__ == "__main__":
    main(snakemake)
