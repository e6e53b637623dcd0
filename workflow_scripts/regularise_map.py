"""Regularise the map of one run."""

from typing import Any

from tilefold.inference.regularising import regularise_map
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    regularise_map(
        snakemake.input.classification,
        start_job(snakemake),
        regularised=snakemake.output.regularised,
        probabilities=next(iter(snakemake.input.probabilities), None),
    )


if __name__ == "__main__":
    main(snakemake)
