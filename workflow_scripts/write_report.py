"""Write the page that people look at."""

from typing import Any

from tilefold.jobs.job import start_job
from tilefold.report.page import write_report
from tilefold.report.results import model_name


def main(snakemake: Any) -> None:
    """Translate the job for the library."""
    settings = start_job(snakemake)
    given, runs, candidates = snakemake.input, settings["runs"], settings["candidates"]
    models = [model_name(run, region) for run in runs for region in settings["regions"]]
    per_run = {
        key: dict(zip(runs, given[key], strict=True))
        for key in ("rates", "samples", "barred", "roles", "reliability", "risk")
    }
    histories = [
        given.histories[start : start + len(candidates)]
        for start in range(0, len(given.histories), len(candidates))
    ]
    series = [(tile, sensor) for tile in settings["products"] for sensor in settings["calendars"]]
    by_series: dict[str, dict[str, dict[str, str]]] = {"clear_dates": {}, "skipped": {}}
    for key, paths in by_series.items():
        for (tile, sensor), path in zip(series, given[key], strict=True):
            paths.setdefault(tile, {})[sensor] = path
    sources = {
        **{
            key: given[key]
            for key in ("folds", "classes", "gaps", "folds_mean", "candidates", "intervals", "cleaning")
        },
        **per_run,
        "choices": dict(zip(models, given.choices, strict=True)),
        "levels": list(given.get("levels") or []),
        "areas": dict(zip(settings["seeds"], given.get("areas") or [], strict=False)),
        "split": dict(zip(settings["seeds"], given.split, strict=True)),
        "histories": {
            model: dict(zip(candidates, files, strict=True))
            for model, files in zip(models, histories, strict=True)
        },
        "matrices": dict(zip(runs, given.matrices, strict=True)),
        "maps": dict(zip(settings["mapped_runs"], given.maps, strict=True)),
        "distances": dict(zip(settings["distance_runs"], given.distances, strict=True)),
        "clear": by_series["clear_dates"],
        "skipped": by_series["skipped"],
    }
    if given.get("baselines"):
        sources["baselines"] = given.baselines
    write_report(
        sources,
        settings,
        page=snakemake.output.page,
        fold_picture=snakemake.output.fold_figure,
        map_picture=snakemake.output.get("map_figure"),
    )


if __name__ == "__main__":
    main(snakemake)
