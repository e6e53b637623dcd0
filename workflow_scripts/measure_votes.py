"""Measure how far the maps of one fold's seeds disagree."""

from typing import Any

from tilefold.inference.vote_entropy import measure_votes
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    measure_votes(
        list(snakemake.input.maps),
        settings,
        entropy=snakemake.output.entropy,
        classes=snakemake.output.classes,
    )


if __name__ == "__main__":
    main(snakemake)
