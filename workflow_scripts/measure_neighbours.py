"""Measure distances to the nearest samples, of samples, folds and the map."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.storage.gathered import gathered_tables
from tilefold.validation.neighbours import measure_neighbours


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    folds = list(settings["training_tiles"])
    measure_neighbours(
        dict(zip(folds, snakemake.input.roles, strict=True)),
        dict(zip(folds[1:], snakemake.input.predicted, strict=True)),
        gathered_tables(snakemake.input.index, settings["tiles"]),
        settings,
        neighbours=snakemake.output.neighbours,
    )


if __name__ == "__main__":
    main(snakemake)
