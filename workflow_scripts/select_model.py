"""Choose the model of one run and region among its candidates."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.training.choosing import select_model


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    names = [candidate["name"] for candidate in settings["candidates"]]
    select_model(
        dict(zip(names, snakemake.input.weights, strict=True)),
        settings,
        model=snakemake.output.model,
        described=snakemake.output.described,
        choice=snakemake.output.choice,
    )


if __name__ == "__main__":
    main(snakemake)
