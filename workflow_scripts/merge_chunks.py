"""Merge the chunks of one tile."""

from typing import Any

from tilefold.inference.merge import merge_chunks
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    merge_chunks(list(snakemake.input.chunks), start_job(snakemake), merged=snakemake.output.merged)


if __name__ == "__main__":
    main(snakemake)
