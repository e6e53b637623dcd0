"""Make pools from a table of samples."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.sampling.importing import import_samples


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings, output = start_job(snakemake), snakemake.output
    import_samples(
        snakemake.input.source,
        settings,
        pools=dict(zip(settings["tiles"], output.pools, strict=True)),
        indexes=dict(zip(settings["tiles"], output.indexes, strict=True)),
        polygons=output.polygons,
        rejected=output.rejected,
        table=output.table,
    )


if __name__ == "__main__":
    main(snakemake)
