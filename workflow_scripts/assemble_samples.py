"""Assemble the sample database of one run and region."""

from typing import Any

from tilefold.folds.database import assemble_samples
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    assemble_samples(
        dict(zip(settings["training_tiles"], snakemake.input.pools, strict=True)),
        snakemake.input.selection,
        settings,
        samples=snakemake.output.samples,
        statistics=snakemake.output.statistics,
    )


if __name__ == "__main__":
    main(snakemake)
