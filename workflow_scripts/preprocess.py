"""Gap-fill the series of one sensor over one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.series.preprocess import preprocess_tile


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    preprocess_tile(
        snakemake.config["sensors"][settings["sensor"]]["path"],
        settings,
        series=snakemake.output.series,
        clear_dates=snakemake.output.clear_dates,
        skipped=snakemake.output.skipped,
        threads=snakemake.threads,
    )


if __name__ == "__main__":
    main(snakemake)
