"""Estimate accuracies and areas of a map from reference polygons."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.polygon_areas import estimate_polygon_areas


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    estimate_polygon_areas(
        snakemake.input.classification,
        snakemake.input.counts,
        snakemake.input.split,
        settings,
        areas=snakemake.output.areas,
    )


if __name__ == "__main__":
    main(snakemake)
