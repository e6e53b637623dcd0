"""Estimate accuracies and areas of a map by a reference sample."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.area_estimates import estimate_areas


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    estimate_areas(
        snakemake.input.classification,
        snakemake.input.points,
        snakemake.input.strata,
        settings,
        areas=snakemake.output.areas,
    )


if __name__ == "__main__":
    main(snakemake)
