"""Give each polygon its role, for one seed."""

from typing import Any

from tilefold.folds.split import split_polygons
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    split_polygons(snakemake.input.reference, start_job(snakemake), split=snakemake.output.split)


if __name__ == "__main__":
    main(snakemake)
