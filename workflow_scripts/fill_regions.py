"""Give pixels outside all regions the nearest one, in one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.regions.burning import fill_regions


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    fill_regions(
        snakemake.input.burnt, snakemake.input.regions, start_job(snakemake), raster=snakemake.output.raster
    )


if __name__ == "__main__":
    main(snakemake)
