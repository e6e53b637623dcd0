"""Write the page that people look at."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.report.page import write_report
from tilefold.report.sources import report_sources


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    write_report(
        report_sources(snakemake.input, settings),
        settings,
        page=snakemake.output.page,
        fold_picture=snakemake.output.fold_figure,
        map_picture=snakemake.output.get("map_figure"),
        candidate_pictures=snakemake.output.candidate_figures,
    )


if __name__ == "__main__":
    main(snakemake)
