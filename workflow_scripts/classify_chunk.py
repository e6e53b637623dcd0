"""Classify one chunk of one tile with the models of one run."""

from typing import Any

from tilefold.inference.chunks import classify_chunk
from tilefold.jobs.job import start_job
from tilefold.series.inputs import named_inputs


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    rasters = dict(zip(settings["products"], snakemake.output.rasters, strict=True))
    classify_chunk(
        dict(zip(settings["regions"], snakemake.input.models, strict=True)),
        *named_inputs(
            settings["inputs"], snakemake.input.series, snakemake.input.clear_dates, snakemake.input.static
        ),
        settings,
        external=next(iter(snakemake.input.external), None),
        regions=next(iter(snakemake.input.regions), None),
        neighbours=next(iter(snakemake.input.neighbours), None),
        precision=next(iter(snakemake.input.precision), None),
        labels=rasters.pop("classification"),
        **rasters,
    )


if __name__ == "__main__":
    main(snakemake)
