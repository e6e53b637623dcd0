"""List the classes' shares of all sites and runs."""

from typing import Any

from tilefold.inference.site_shares import summarise_sites
from tilefold.jobs.job import start_job


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    paths = iter(snakemake.input.labels)
    summarise_sites(
        {site: {run: next(paths) for run in settings["runs"]} for site in settings["tiles"]},
        settings,
        shares=snakemake.output.shares,
    )


if __name__ == "__main__":
    main(snakemake)
