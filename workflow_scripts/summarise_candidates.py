"""Table of all candidates of all runs."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.candidates import summarise_candidates


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    names, files = settings["candidates"], snakemake.input.histories
    by_model = [files[start : start + len(names)] for start in range(0, len(files), len(names))]
    summarise_candidates(
        snakemake.input.choices,
        [dict(zip(names, histories, strict=True)) for histories in by_model],
        snakemake.input.folds,
        settings,
        candidates=snakemake.output.candidates,
    )


if __name__ == "__main__":
    main(snakemake)
