"""Count how one run's models label their validation samples."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.masses import count_validation


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    count_validation(
        dict(zip(settings["regions"], snakemake.input.models, strict=True)),
        dict(zip(settings["regions"], snakemake.input.samples, strict=True)),
        settings,
        matrix=snakemake.output.matrix,
    )


if __name__ == "__main__":
    main(snakemake)
