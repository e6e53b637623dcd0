"""Files of a finished workflow, by what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilefold.report.results import model_name
from tilefold.validation.candidates import by_model


def report_sources(given: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Sort the files that the rule lists into what `write_report` takes.

    Parameters
    ----------
    given
        Files by the rule's names, each a path or several in the order of the settings; `given.get` as of a dict.
    settings
        `runs`, `regions`, `candidates`, `seeds`, `sites`, `measured_seeds`, `polygon_area_seeds`, `products`,
        `calendars`, and the names of the runs that have a file of a kind: `mapped_runs`, `distance_runs`,
        `seam_runs`, `regularised_runs`, `fused_folds`, `voted_folds`.
    """
    runs = settings["runs"]
    models = [model_name(run, region) for run in runs for region in settings["regions"]]
    per_run = {
        key: dict(zip(runs, given[key], strict=True))
        for key in ("rates", "samples", "barred", "roles", "reliability", "risk")
    }
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
        "choices": dict(zip(models, given["choices"], strict=True)),
        "temperatures": dict(zip(models, given["temperatures"], strict=False)),
        "levels": list(given.get("levels") or []),
        "areas": dict(zip(settings["seeds"], given.get("areas") or [], strict=False)),
        "polygon_areas": dict(
            zip(settings["polygon_area_seeds"], given.get("polygon_areas") or [], strict=True)
        ),
        "split": dict(zip(settings["seeds"], given["split"], strict=True)),
        "histories": dict(zip(models, by_model(given["histories"], settings["candidates"]), strict=True)),
        "matrices": dict(zip(runs, given["matrices"], strict=True)),
        "maps": dict(zip(settings["mapped_runs"], given["maps"], strict=True)),
        "distances": dict(zip(settings["distance_runs"], given["distances"], strict=True)),
        "seams": dict(zip(settings["seam_runs"], given["seams"], strict=True)),
        "neighbours": dict(zip(settings["seeds"], given["neighbours"], strict=False)),
        "votes": dict(zip(settings["voted_folds"], given["votes"], strict=True)),
        "vote_maps": dict(zip(settings["voted_folds"], given["vote_maps"], strict=True)),
        "regularised": dict(zip(settings["regularised_runs"], given["regularised"], strict=True)),
        "fused": dict(zip(settings["fused_folds"], given["fused"], strict=True)),
        "clear": by_series["clear_dates"],
        "skipped": by_series["skipped"],
    }
    if settings["measured_seeds"]:
        names = [f"applicability_{name}" for name in ("samples", "importance", "errors", "classes")]
        for name in (*names, "dissimilarity", "applicable"):
            sources[name] = dict(zip(settings["measured_seeds"], given[name], strict=True))
    if given.get("sites"):
        rasters = iter(given["site_maps"])
        sources["sites"] = next(iter(given["sites"]))
        sources["site_maps"] = {site: {run: next(rasters) for run in runs} for site in settings["sites"]}
    if given.get("baselines"):
        sources["baselines"] = given["baselines"]
    return sources
