"""Stitch the polygons of the tiles of one run's map."""

from typing import Any

from tilefold.inference.polygons import stitch_polygons
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    stitch_polygons(
        dict(zip(settings["grids"], snakemake.input.polygons, strict=True)),
        dict(zip(settings["grids"], snakemake.input.borders, strict=True)),
        settings,
        vector=snakemake.output.vector,
    )


if __name__ == "__main__":
    main(snakemake)
