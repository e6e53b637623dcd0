"""Fit the temperature of one run's and region's model."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.temperature import scale_temperature


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    scale_temperature(
        snakemake.input.model,
        snakemake.input.samples,
        start_job(snakemake),
        scaled=snakemake.output.model,
        temperature=snakemake.output.temperature,
    )


if __name__ == "__main__":
    main(snakemake)
