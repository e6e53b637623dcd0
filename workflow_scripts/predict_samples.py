"""Predict the test pixels of one run."""

from typing import Any

from tilefold.inference.samples import predict_samples
from tilefold.jobs.job import start_job
from tilefold.regions.reading import rasters_by_tile
from tilefold.storage.gathered import gathered_tables


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    predict_samples(
        dict(zip(settings["regions"], snakemake.input.models, strict=True)),
        snakemake.input.roles,
        dict(zip(settings["tiles"], snakemake.input.pools, strict=True)),
        gathered_tables(snakemake.input.index, settings["tiles"]),
        settings,
        predicted=snakemake.output.predicted,
        blocks=next(iter(snakemake.input.blocks), None),
        regions=rasters_by_tile(settings["tiles"], snakemake.input.regions),
        neighbours=next(iter(snakemake.input.neighbours), None),
        precision=next(iter(snakemake.input.precision), None),
    )


if __name__ == "__main__":
    main(snakemake)
