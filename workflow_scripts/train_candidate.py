"""Train one candidate of one run and region."""

from pathlib import Path
from typing import Any

from tilefold.jobs.job import start_job
from tilefold.training.files import TrainingFiles
from tilefold.training.training import train_candidate


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    region = Path(snakemake.input.samples).parent
    train_candidate(
        snakemake.input.samples,
        snakemake.input.statistics,
        snakemake.input.rates,
        settings,
        files=TrainingFiles(**dict(snakemake.output.items())),
        checkpoints=region / "checkpoints" / snakemake.wildcards.candidate,
        events=Path(snakemake.log[0]).with_suffix(".events"),
    )


if __name__ == "__main__":
    main(snakemake)
