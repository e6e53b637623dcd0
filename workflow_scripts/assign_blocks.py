"""Assign spatial blocks to folds."""

from typing import Any

from tilefold.folds.assignment import assign_blocks
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    assign_blocks(
        snakemake.input.reference,
        start_job(snakemake),
        blocks=snakemake.output.blocks,
        balance=snakemake.output.balance,
    )


if __name__ == "__main__":
    main(snakemake)
