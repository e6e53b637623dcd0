"""Polygonise one tile of one run's map."""

from typing import Any

from tilefold.inference.polygons import polygonise_tile
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    polygonise_tile(
        snakemake.input.classification,
        snakemake.input.confidence,
        start_job(snakemake),
        polygons=snakemake.output.polygons,
        border=snakemake.output.border,
    )


if __name__ == "__main__":
    main(snakemake)
