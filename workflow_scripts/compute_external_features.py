"""Compute the external features of one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.series.external import compute_external_features


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    sensors = snakemake.config["sensors"]
    compute_external_features(
        dict(zip(sensors, snakemake.input.series, strict=True)),
        {name: sensor["path"] for name, sensor in sensors.items()},
        dict(zip(sensors, snakemake.input.skipped, strict=True)),
        settings,
        features=snakemake.output.features,
    )


if __name__ == "__main__":
    main(snakemake)
