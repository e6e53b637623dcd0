"""Give each polygon of a table of samples its role."""

from typing import Any

from tilefold.folds.split_samples import split_samples
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    split_samples(snakemake.input.polygons, start_job(snakemake), split=snakemake.output.split)


if __name__ == "__main__":
    main(snakemake)
