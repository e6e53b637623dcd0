"""Score the regularised map of one run beside the raw one."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.storage.gathered import gathered_tables
from tilefold.validation.map_scores import score_regularised


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    score_regularised(
        {"raw": snakemake.input.classification, "regularised": snakemake.input.regularised},
        snakemake.input.predicted,
        gathered_tables(snakemake.input.index, settings["tiles"]),
        settings,
        scored=snakemake.output.scored,
    )


if __name__ == "__main__":
    main(snakemake)
