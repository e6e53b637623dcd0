"""Score a fold's out-of-area pixels by their distance from the nearest training polygon."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.storage.gathered import gathered_tables
from tilefold.validation.distances import score_distances


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    score_distances(
        snakemake.input.predicted,
        snakemake.input.roles,
        gathered_tables(snakemake.input.index, settings["tiles"]),
        settings,
        distances=snakemake.output.distances,
        blocks=next(iter(snakemake.input.blocks), None),
    )


if __name__ == "__main__":
    main(snakemake)
