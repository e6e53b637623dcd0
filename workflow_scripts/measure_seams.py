"""Measure the seams between the tiles of one run's map."""

from typing import Any

from tilefold.inference.seams import measure_seams
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    measure_seams(
        snakemake.input.classification,
        dict(zip(settings["grids"], snakemake.input.tiles, strict=True)),
        settings,
        seams=snakemake.output.seams,
    )


if __name__ == "__main__":
    main(snakemake)
