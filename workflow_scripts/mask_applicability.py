"""Mask where the map of the run all may be applied."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.applicability_map import mask_applicability


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    mask_applicability(
        snakemake.input.space,
        snakemake.input.dissimilarity,
        snakemake.input.classification,
        start_job(snakemake),
        applicable=snakemake.output.applicable,
        classes=snakemake.output.classes,
    )


if __name__ == "__main__":
    main(snakemake)
