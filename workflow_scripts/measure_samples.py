"""Measure the samples of the run all."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.applicability import measure_samples


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    measure_samples(
        snakemake.input.model,
        snakemake.input.samples,
        snakemake.input.roles,
        dict(zip(settings["folds"], snakemake.input.predicted, strict=True)),
        dict(zip(settings["tiles"], snakemake.input.pools, strict=True)),
        settings,
        **dict(snakemake.output.items()),
        blocks=next(iter(snakemake.input.blocks), None),
    )


if __name__ == "__main__":
    main(snakemake)
