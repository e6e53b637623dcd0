"""Table of all candidates of all runs."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.candidates import by_model, summarise_candidates


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    summarise_candidates(
        snakemake.input.choices,
        by_model(snakemake.input.histories, settings["candidates"]),
        snakemake.input.folds,
        settings,
        candidates=snakemake.output.candidates,
    )


if __name__ == "__main__":
    main(snakemake)
