"""Clean the reference polygons."""

from typing import Any

from tilefold.ground_truth.cleaning import clean_ground_truth
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    clean_ground_truth(
        snakemake.input.source,
        start_job(snakemake),
        reference=snakemake.output.reference,
        rejected=snakemake.output.rejected,
        table=snakemake.output.table,
        test=snakemake.input.get("test"),
    )


if __name__ == "__main__":
    main(snakemake)
