"""Extract the reference pixels of one tile."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.sampling.pools import extract_pool
from tilefold.series.inputs import named_inputs


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    extract_pool(
        snakemake.input.reference,
        *named_inputs(
            settings["inputs"], snakemake.input.series, snakemake.input.clear_dates, snakemake.input.static
        ),
        settings,
        pool=snakemake.output.pool,
        index=snakemake.output.pool_index,
        external=next(iter(snakemake.input.external), None),
    )


if __name__ == "__main__":
    main(snakemake)
