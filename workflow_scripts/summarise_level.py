"""Tables over all runs by the groups of a level of the nomenclature."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.validation.levels import summarise_level


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    names = [run["name"] for run in settings["runs"]]
    summarise_level(
        dict(zip(names, snakemake.input.counts, strict=True)),
        dict(zip(names, snakemake.input.rates, strict=True)),
        settings,
        **{name: snakemake.output[name] for name in ("folds", "classes", "intervals", "confusion")},
    )


if __name__ == "__main__":
    main(snakemake)
