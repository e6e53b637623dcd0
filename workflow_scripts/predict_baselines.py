"""Predict the test pixels of one run by its baselines."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.baselines import predict_baselines


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    predict_baselines(
        snakemake.input.samples,
        snakemake.input.predicted,
        snakemake.input.rates,
        dict(zip(settings["tiles"], snakemake.input.pools, strict=True)),
        settings,
        counts=snakemake.output.counts,
        jobs=snakemake.threads,
    )


if __name__ == "__main__":
    main(snakemake)
