"""Describe the maps of one run for other programs."""

from typing import Any

from tilefold.inference.describing import describe_map
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    describe_map(
        dict(zip(settings["products"], snakemake.input.maps, strict=True)),
        settings,
        style=snakemake.output.style,
        item=snakemake.output.item,
        categories=snakemake.output.categories,
    )


if __name__ == "__main__":
    main(snakemake)
