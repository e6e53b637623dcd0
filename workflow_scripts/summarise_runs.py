"""Tables over all runs."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.summary import summarise_runs


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    names = [run["name"] for run in settings["runs"]]
    summarise_runs(
        dict(zip(names, snakemake.input.counts, strict=True)),
        dict(zip(names, snakemake.input.rates, strict=True)),
        settings,
        folds=snakemake.output.folds,
        classes=snakemake.output.classes,
        gaps=snakemake.output.gaps,
        folds_mean=snakemake.output.folds_mean,
        intervals=snakemake.output.intervals,
        confusion=snakemake.output.confusion,
        matrices=snakemake.output.matrices,
    )


if __name__ == "__main__":
    main(snakemake)
