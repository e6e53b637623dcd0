"""Fuse the maps of one fold."""

from typing import Any

from tilefold.inference.fusing import fuse_maps
from tilefold.jobs.job import start_job
from tilefold.validation.masses import read_masses


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    matrices = list(snakemake.input.matrices)
    fuse_maps(
        list(snakemake.input.maps),
        settings,
        fused=snakemake.output.fused,
        ties=snakemake.output.ties,
        probabilities=list(snakemake.input.probabilities),
        masses=read_masses(matrices, settings["codes"], settings["mass"]) if matrices else None,
    )


if __name__ == "__main__":
    main(snakemake)
