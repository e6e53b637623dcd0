"""Give each polygon its role, for one seed."""

from typing import Any

from tilefold.folds.split import split_polygons
from tilefold.jobs.job import start_job
from tilefold.regions.reading import rasters_by_tile


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    split_polygons(
        snakemake.input.reference,
        settings,
        split=snakemake.output.split,
        regions=rasters_by_tile(sorted(settings["grids"]), snakemake.input.regions),
    )


if __name__ == "__main__":
    main(snakemake)
