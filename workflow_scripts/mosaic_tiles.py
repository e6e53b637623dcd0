"""Mosaic the tiles of one run."""

from typing import Any

from tilefold.inference.mosaic import mosaic_tiles
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    mosaic_tiles(
        dict(zip(settings["grids"], snakemake.input.tiles, strict=True)),
        settings,
        mosaic=snakemake.output.mosaic,
        probabilities=dict(zip(settings["grids"], snakemake.input.probabilities, strict=False)),
    )


if __name__ == "__main__":
    main(snakemake)
