"""Select the training pixels of one run."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.regions.reading import rasters_by_tile
from tilefold.sampling.selection import select_samples


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    select_samples(
        snakemake.input.split,
        dict(zip(settings["training_tiles"], snakemake.input.indexes, strict=True)),
        settings,
        selection=snakemake.output.selection,
        rates=snakemake.output.rates,
        samples=snakemake.output.samples,
        roles=snakemake.output.roles,
        barred=snakemake.output.barred,
        blocks=next(iter(snakemake.input.blocks), None),
        regions=rasters_by_tile(settings["training_tiles"], snakemake.input.regions),
    )


if __name__ == "__main__":
    main(snakemake)
