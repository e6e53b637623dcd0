"""The report: one page that works offline, with the file of its numbers beside every table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tilefold.report.applicability import applicability_pictures, applicability_tables
from tilefold.report.cautions import Caution, find_cautions
from tilefold.report.figures_folds import write_fold_figure
from tilefold.report.figures_maps import write_map_picture
from tilefold.report.figures_training import training_figure
from tilefold.report.images import write_png
from tilefold.report.neighbours import neighbour_pictures, neighbour_table
from tilefold.report.pictures import (
    calibration_pictures,
    class_pictures,
    fold_pictures,
    map_pictures,
    matrix_pictures,
    sample_pictures,
    sweep_pictures,
    trained_models,
    training_pictures,
    vote_pictures,
)
from tilefold.report.results import Results
from tilefold.report.sites import site_pictures, site_table
from tilefold.report.table import Table
from tilefold.report.tables_areas import ASSUMPTION, area_cautions, area_table, polygon_area_table
from tilefold.report.tables_baselines import baseline_table
from tilefold.report.tables_calibration import calibration_table, temperature_table
from tilefold.report.tables_candidates import candidate_table
from tilefold.report.tables_cleaning import before_and_after_table, outcome_table
from tilefold.report.tables_distances import distance_table
from tilefold.report.tables_intervals import interval_table
from tilefold.report.tables_levels import level_table
from tilefold.report.tables_maps import map_score_table, seam_table, vote_table
from tilefold.report.tables_samples import (
    loss_by_class_table,
    loss_table,
    rates_table,
    split_table,
    taken_table,
    tile_table,
)
from tilefold.report.tables_scores import (
    class_by_fold_table,
    class_table,
    fold_table,
    gap_table,
    headline,
    mean_table,
    weighting_table,
)
from tilefold.report.tables_series import calendar_table, clear_table, skipped_table
from tilefold.report.templating import page_environment
from tilefold.storage.metadata import provenance
from tilefold.storage.tables import read_table
from tilefold.storage.whole import write_text
from tilefold.validation.sides import ALL, POOLED
from tilefold.validation.summary import read_folds

logger = logging.getLogger(__name__)


def write_report(
    sources: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    page: Path | str,
    fold_picture: Path | str | None = None,
    map_picture: Path | str | None = None,
    candidate_pictures: Sequence[Path | str] | None = None,
) -> None:
    """Write the page, self-contained, and its main figures as files of their own.

    Parameters
    ----------
    sources
        Files, by what they are: `folds`, `classes`, `gaps`, `folds_mean`, `intervals`, `cleaning`, and `baselines` if
        there are some; `levels` (fold tables, from the smallest groups); by seed `split`, and `areas`,
        `polygon_areas` and `neighbours` (may be empty); by run `rates`, `samples`, `barred`, `roles`, `reliability`,
        `risk`, `maps` (of runs that make one), `matrices` (a folder with `<side>.csv`, or files by side),
        `distances` (of runs that hold something out); by model (see `model_name`) `choices`, `temperatures` (may be
        empty), and `histories` of each candidate;
        `seams` and `regularised` by run, `fused`, `votes` and `vote_maps` by fold (all may be empty); `clear` and
        `skipped` by tile and sensor; if there are some `sites`, and `site_maps` by site and run; by seed
        `dissimilarity`, `applicable`, and `applicability_` with `samples`, `importance`, `errors` and `classes`.
    settings
        `title`; `few_polygons`, `max_test_pixels` (see `find_cautions`); `classes` (`code`, `label`, `colour` as red,
        green, blue); `config` (YAML text or plain data, shown only); `calendars` (dates by sensor); `products` (how
        many, by tile and sensor); `tiles`; `nodata`; `fallback` (of regions; None without them).
    page
        HTML to write.
    fold_picture
        PNG of the fold figure to write.
    map_picture
        PNG of the first map to write, with its legend.
    candidate_pictures
        PNGs to write, one for each model in the order of `choices`: the training curves of all its candidates.
    """
    classes = tuple(sorted(settings["classes"], key=lambda item: int(item["code"])))
    results = Results(sources, classes, page)
    content = {
        **_scores(results, settings),
        **_samples(results),
        **_maps(results),
        "title": settings["title"],
        "few_polygons": settings["few_polygons"],
        "classes": classes,
        "series": _series(results, settings),
        "config": _config_text(settings["config"]),
        "provenance": provenance(settings),
    }
    write_text(page, page_environment().get_template("page.html").render(content) + "\n")
    if fold_picture is not None:
        write_fold_figure(sources["folds"], fold_picture, gaps=sources["gaps"])
    if map_picture is not None:
        write_map_picture(next(iter(sources["maps"].values())), classes, map_picture)
    if candidate_pictures is not None:
        _write_candidates(results, candidate_pictures)
    logger.info("report of %d runs", len(results.runs))


def _write_candidates(results: Results, paths: Sequence[Path | str]) -> None:
    for path, (model, choice) in zip(paths, results.by_run("choices").items(), strict=True):
        write_png(path, training_figure(results.sources["histories"][model], choice, model))


def _maps(results: Results) -> dict[str, Any]:
    """What the page shows of maps."""
    return {
        "maps": map_pictures(results),
        "number_of_maps": len(results.sources["maps"]),
        "vote_pictures": vote_pictures(results),
        "neighbour_pictures": neighbour_pictures(results),
        "applicability_pictures": applicability_pictures(results),
        "applicability_tables": applicability_tables(results),
        "site_pictures": site_pictures(results),
        "site_table": _site_table(results),
        "map_tables": _map_tables(results),
    }


def _cautions(results: Results, settings: Mapping[str, Any]) -> list[Caution]:
    """What a reader must know before the numbers."""
    sources = results.sources
    found = find_cautions(
        results.folds,
        results.class_scores,
        results.gaps,
        results.by_run("barred"),
        results.splits,
        results.names,
        results.skipped,
        results.by_run("rates"),
        results.by_run("choices"),
        results.histories,
        settings["few_polygons"],
        settings["fallback"],
        read_table(sources["sites"]) if "sites" in sources else None,
        settings["max_test_pixels"],
    )
    areas = {int(seed): read_table(path) for seed, path in sources["polygon_areas"].items()}
    return [*found, *area_cautions(areas)]


def _areas(results: Results) -> dict[str, Any]:
    """What the page says about areas: from a reference sample, or else from polygons."""
    sampled, polygons = results.sources["areas"], results.sources["polygon_areas"]
    return {
        "area_tables": [area_table(read_table(path), results.link(path)) for path in sampled.values()],
        "polygon_area_tables": [
            polygon_area_table(read_table(path), results.link(path)) for path in polygons.values()
        ],
        "assumption": ASSUMPTION,
    }


def _calibration(results: Results) -> dict[str, Any]:
    """What the page says about confidence."""
    given = results.sources["temperatures"]
    return {
        "calibration_pictures": calibration_pictures(results),
        "calibration_table": calibration_table(
            results.by_side("reliability"), results.names, results.links("reliability")
        ),
        "temperature_tables": (
            [temperature_table(results.by_run("temperatures"), results.links("temperatures"))]
            if given
            else []
        ),
    }


def _scores(results: Results, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says about accuracy."""
    sources = results.sources
    folds, gaps = results.folds, results.gaps
    link = results.link(sources["folds"])
    class_link = results.link(sources["classes"])
    seeds = sorted(folds["seed"].unique())
    tables = [fold_table(folds, link), interval_table(results.intervals, results.link(sources["intervals"]))]
    by_class = [class_table(results.class_scores, class_link, seed) for seed in seeds]
    single_fold = False
    if len(gaps):
        tables.append(gap_table(gaps, folds, results.class_scores, results.link(sources["gaps"])))
        means = read_table(sources["folds_mean"])
        single_fold = bool(means["n_folds"].max() == 1)
        if not single_fold:
            tables.append(mean_table(means, results.link(sources["folds_mean"])))
        if sources["neighbours"]:
            tables.append(neighbour_table(results.by_run("neighbours"), results))
        if sources["distances"]:
            tables.append(distance_table(results.by_run("distances"), results.links("distances")))
        by_class += [class_by_fold_table(results.class_scores, class_link, seed) for seed in seeds]
    if "baselines" in sources:
        tables.append(baseline_table(read_table(sources["baselines"]), results.link(sources["baselines"])))
    tables.append(weighting_table(folds, link))
    if sources["levels"]:
        levels = [read_folds(path) for path in sources["levels"]]
        tables.append(level_table(folds, levels, [results.link(path) for path in sources["levels"]]))
    return {
        "cautions": _cautions(results, settings),
        "headline": headline(folds, gaps, settings["tiles"]),
        "seeds": [int(seed) for seed in seeds],
        "fold_pictures": fold_pictures(results),
        "fold_tables": tables,
        "single_fold": single_fold,
        **_areas(results),
        **_calibration(results),
        "class_pictures": class_pictures(results),
        "class_tables": by_class,
        "matrix_pictures": matrix_pictures(results),
        "number_of_runs": len(results.runs),
        "number_of_matrices": len(results.runs) + int((folds["side"] == POOLED).sum()),
    }


def _samples(results: Results) -> dict[str, Any]:
    """What the page says about reference data, samples and training."""
    names, sources = results.names, results.sources
    rates, choices = results.by_run("rates"), results.by_run("choices")
    folds = [run for run in results.runs if run.rsplit("/", 1)[0] != ALL]
    reference = [
        *_cleaning(results),
        *(
            split_table(read_table(path), names, int(seed), results.link(path))
            for seed, path in sources["split"].items()
        ),
    ]
    by_tile = results.by_run("samples")
    samples = [
        table
        for run in results.runs
        if run not in folds
        for table in (
            rates_table(rates[run], names, run, results.link(sources["rates"][run])),
            tile_table(by_tile[run], names, run, results.link(sources["samples"][run])),
        )
    ]
    if folds:
        samples.append(taken_table(rates, names, results.links("rates")))
        barred = {run: table for run, table in results.by_run("barred").items() if run in folds}
        splits = {run: results.splits[run] for run in folds}
        links = [results.link(sources["barred"][run]) for run in folds]
        reference.append(loss_table(barred, sources["roles"], splits, links))
        reference.append(loss_by_class_table(barred, names, links))
    return {
        "reference_tables": reference,
        "sample_pictures": sample_pictures(results),
        "sample_tables": samples,
        "candidate_table": candidate_table(
            read_table(sources["candidates"]), results.link(sources["candidates"])
        ),
        "sweep_pictures": sweep_pictures(choices),
        "training_pictures": training_pictures(results, choices),
        "number_of_models": len(trained_models(choices)),
    }


def _map_tables(results: Results) -> list[Table]:
    """Seams, and scores of regularised and fused maps, where there are some."""
    tables = []
    if results.sources["votes"]:
        tables.append(vote_table(results.by_run("votes"), results.names, results.links("votes")))
    if results.sources["seams"]:
        tables.append(seam_table(results.by_run("seams"), results.links("seams")))
    for source, caption in (
        ("regularised", "Regularised maps beside the raw ones, on the same pixels."),
        ("fused", "Fused maps beside those of the seeds, on polygons that no seed trained on."),
    ):
        if results.sources[source]:
            tables.append(map_score_table(results.by_run(source), results.links(source), caption))
    return tables


def _site_table(results: Results) -> Table | None:
    if "sites" not in results.sources:
        return None
    path = results.sources["sites"]
    return site_table(read_table(path), results.names, results.link(path))


def _cleaning(results: Results) -> list[Table]:
    """What cleaning and the first seed's split say of the reference data."""
    sources = results.sources
    cleaning, link = read_table(sources["cleaning"]), results.link(sources["cleaning"])
    split = next(iter(sources["split"].values()))
    return [
        before_and_after_table(cleaning, results.names, link),
        outcome_table(cleaning, read_table(split), results.names, [link, results.link(split)]),
    ]


def _series(results: Results, settings: Mapping[str, Any]) -> list[Table]:
    clear, skipped = results.sources["clear"], results.sources["skipped"]
    links = [results.link(path) for sensors in clear.values() for path in sensors.values()]
    skipped_links = [results.link(path) for sensors in skipped.values() for path in sensors.values()]
    if not clear:
        return [calendar_table(settings["calendars"])]
    return [
        calendar_table(settings["calendars"]),
        clear_table(settings["products"], clear, links),
        skipped_table(results.skipped, skipped_links),
    ]


def _config_text(config: Any) -> str:
    return config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
