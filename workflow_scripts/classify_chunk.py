"""Classify one chunk of one tile with the models of one run."""

from __future__ import annotations

from typing import Any

from tilefold.inference.chunks import classify_chunk
from tilefold.jobs.job import start_job
from tilefold.series.stack import named_inputs


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    classify_chunk(
        dict(zip(settings["regions"], snakemake.input.models, strict=True)),
        *named_inputs(
            settings["inputs"], snakemake.input.series, snakemake.input.clear, snakemake.input.static
        ),
        settings,
        rasters=dict(zip(settings["products"], snakemake.output.rasters, strict=True)),
    )


if __name__ == "__main__":
    main(snakemake)
