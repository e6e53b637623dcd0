"""Compare the labels of one run's models in both precisions."""

from typing import Any

from tilefold.inference.precision import compare_precisions
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    compare_precisions(
        dict(zip(settings["regions"], snakemake.input.models, strict=True)),
        dict(zip(settings["regions"], snakemake.input.samples, strict=True)),
        settings,
        compared=snakemake.output.compared,
    )


if __name__ == "__main__":
    main(snakemake)
