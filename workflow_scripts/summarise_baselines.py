"""Score the baselines of all runs."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.baselines import summarise_baselines


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    runs = [run["name"] for run in settings["runs"]]
    summarise_baselines(
        dict(zip(runs, snakemake.input.counts, strict=True)),
        dict(zip(runs, snakemake.input.rates, strict=True)),
        snakemake.input.folds,
        settings,
        baselines=snakemake.output.baselines,
    )


if __name__ == "__main__":
    main(snakemake)
