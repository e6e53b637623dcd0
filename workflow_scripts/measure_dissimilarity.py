"""Measure the dissimilarity of a tile from the samples of the run all."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.series.inputs import named_inputs
from tilefold.validation.applicability_map import measure_dissimilarity


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    measure_dissimilarity(
        snakemake.input.space,
        *named_inputs(
            settings["inputs"], snakemake.input.series, snakemake.input.clear_dates, snakemake.input.static
        ),
        settings,
        dissimilarity=snakemake.output.dissimilarity,
        external=next(iter(snakemake.input.external), None),
    )


if __name__ == "__main__":
    main(snakemake)
