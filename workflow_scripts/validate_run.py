"""Compute the matrices and metrics of one run."""

from pathlib import Path
from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.validate import describe_errors, validate_run


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    folder = Path(snakemake.output.matrices)
    validate_run(
        snakemake.input.predicted,
        snakemake.input.rates,
        snakemake.input.split,
        settings,
        counts=snakemake.output.counts,
        metrics=snakemake.output.metrics,
        classes=snakemake.output.classes,
        matrices={side: folder / f"{side}.csv" for side in settings["sides"]},
        index=next(iter(snakemake.input.index), None),
    )
    describe_errors(
        snakemake.input.predicted,
        snakemake.input.roles,
        settings,
        **{name: snakemake.output[name] for name in ("confusion", "reliability", "risk")},
    )


if __name__ == "__main__":
    main(snakemake)
