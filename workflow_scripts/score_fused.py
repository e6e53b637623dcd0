"""Score the fused maps of one fold beside those that they are made from."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.storage.gathered import gathered_tables
from tilefold.validation.map_scores import score_fused


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    names = [*settings["methods"], *(f"seed_{seed}" for seed in settings["seeds"])]
    score_fused(
        dict(zip(names, [*snakemake.input.fused, *snakemake.input.maps], strict=True)),
        gathered_tables(snakemake.input.index, settings["tiles"]),
        list(snakemake.input.roles),
        settings,
        fused=snakemake.output.fused,
    )


if __name__ == "__main__":
    main(snakemake)
