"""Pictures of the page, with what they show in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tilefold.inference.vote_entropy import ENTROPY_SCALE
from tilefold.report.figures_calibration import calibration_figure
from tilefold.report.figures_classes import classes_figure
from tilefold.report.figures_folds import gaps_figure, scores_figure
from tilefold.report.figures_maps import LARGE, SMALL, map_figure, measure_figure
from tilefold.report.figures_matrices import matrix_figure
from tilefold.report.figures_samples import samples_figure
from tilefold.report.figures_spread import fold_scores, spread_figure
from tilefold.report.figures_sweep import sweep_figure
from tilefold.report.figures_training import training_figure
from tilefold.report.images import Picture, embed
from tilefold.report.results import Results, fold_of, seed_of
from tilefold.report.table import number, percent, side_words, signed
from tilefold.validation.calibration import calibration_scores
from tilefold.validation.confusion_order import order_by_confusion
from tilefold.validation.sides import ALL, IN_AREA, OUT_OF_AREA

#: Pictures of one kind on the page; what goes beyond is in the files alone, and the page says so.
MOST_PICTURES = 12

#: Models of a heat map of candidates; what goes beyond is in the table of candidates.
MOST_MODELS = 40


def fold_pictures(results: Results) -> list[Picture]:
    """Scores and gaps of all folds, for mean F1 of common classes and for OA; F1 of each class over several folds."""
    folds, gaps = results.folds, results.gaps
    if gaps.empty:
        return []
    found = []
    for metric, gap, words in (
        ("mean_f1_common", "gap", "Mean F1 of common classes"),
        ("oa", "gap_oa", "OA"),
    ):
        by_fold = [
            f"{fold} {number(table.loc[table['side'] == IN_AREA, metric].mean())} in area and "
            f"{number(table.loc[table['side'] == OUT_OF_AREA, metric].mean())} out of area"
            for fold, table in folds.groupby("fold", sort=False)
            if (table["side"] == OUT_OF_AREA).any()
        ]
        found.append(embed(scores_figure(folds, metric), f"{words} by fold: {'; '.join(by_fold)}."))
        values = [f"{row['fold']} {signed(row[gap])}" for row in gaps.to_dict("records")]
        found.append(embed(gaps_figure(gaps, gap), f"Transfer gap of {words}: {'; '.join(values)}."))
    if gaps["fold"].nunique() > 1:
        found.append(_spread_picture(results))
    return found


def _spread_picture(results: Results) -> Picture:
    medians = fold_scores(results.class_scores).groupby(["class", "side"])["f1"].median().unstack()
    medians = medians.reindex(columns=[IN_AREA, OUT_OF_AREA])
    values = [
        f"{results.names[row['class']]} {number(row[IN_AREA])} in area and {number(row[OUT_OF_AREA])} out of area"
        for row in medians.reset_index().to_dict("records")
    ]
    text = f"Box plots of the F1 of each class over folds, medians: {'; '.join(values)}."
    return embed(spread_figure(results.class_scores, results.names), text)


def class_pictures(results: Results) -> list[Picture]:
    """F1 of each class with its interval, a picture a seed."""
    found = []
    for seed in sorted(results.intervals["seed"].unique())[:MOST_PICTURES]:
        table = results.class_scores[results.class_scores["seed"] == seed]
        known = table[(table["side"] == IN_AREA) & (table["fold"] == ALL) & table["f1"].notna()]
        values = [f"{results.names[row['class']]} {number(row['f1'])}" for row in known.to_dict("records")]
        text = f"F1 of each class in area, seed {seed}: {'; '.join(values)}."
        found.append(embed(classes_figure(results.intervals, results.names, int(seed)), text))
    return found


def calibration_pictures(results: Results) -> list[Picture]:
    """Reliability, and risk against coverage, in area and out of area."""
    bins = results.by_side("reliability")
    errors = [
        f"{side_words(side)} {number(calibration_scores(part[part['class'].isna()])['ece'].iloc[0])}"
        for side, part in bins.items()
        if len(part)
    ]
    text = f"Accuracy against confidence, and risk against coverage; expected calibration error {', '.join(errors)}."
    return [embed(calibration_figure(bins, results.by_side("risk")), text)]


def matrix_pictures(results: Results) -> list[Picture]:
    """Heat maps: the run `all` in area, all folds pooled, each fold out of area.

    All have one order of classes, by the confusion in the sum of the matrices that are drawn.
    """
    drawn: list[tuple[str, NDArray[np.int64]]] = []
    for seed in sorted({seed_of(run) for run in results.runs}):
        pooled = results.pooled_matrix(seed)
        matrices = {
            f"{run}, in area": results.matrix(run, IN_AREA) for run in _runs(results, seed, whole=True)
        }
        if pooled is not None:
            matrices[f"pooled out of area, seed {seed}"] = pooled
        for run in _runs(results, seed, whole=False)[: MOST_PICTURES - len(matrices)]:
            matrices[f"{run}, out of area"] = results.matrix(run, OUT_OF_AREA)
        drawn += matrices.items()
    drawn = drawn[:MOST_PICTURES]
    order = order_by_confusion(np.sum([matrix for _, matrix in drawn], axis=0))
    return [_matrix_picture(results, title, matrix, order) for title, matrix in drawn]


def _runs(results: Results, seed: int, *, whole: bool) -> list[str]:
    return [run for run in results.runs if seed_of(run) == seed and (fold_of(run) == ALL) == whole]


def _matrix_picture(
    results: Results, title: str, matrix: NDArray[np.int64], order: NDArray[np.intp]
) -> Picture:
    errors = matrix * ~np.eye(len(matrix), dtype=bool)
    text = f"Confusion matrix, {title}: {matrix.sum():,} pixels"
    if errors.any():
        row, column = np.unravel_index(np.argmax(errors), errors.shape)
        labels = list(results.names.values())
        pixels = f"{errors[row, column]:,} pixels"
        text += f"; the largest confusion is {labels[row]} predicted as {labels[column]}, {pixels}"
    return embed(matrix_figure(matrix, results.classes, title, order), f"{text}.")


def sample_pictures(results: Results) -> list[Picture]:
    """Samples by class, role and tile of the runs `all`."""
    found = []
    for run, table in results.by_run("samples").items():
        if fold_of(run) == ALL:
            taken = table.groupby("code")[["learn_taken", "validation_taken"]].sum().sum(axis=1)
            numbers = [f"{name} {taken.get(code, 0):,}" for code, name in results.names.items()]
            text = f"Samples of the run {run} by class: {'; '.join(numbers)}."
            found.append(embed(samples_figure(table, results.names, run), text))
    return found[:MOST_PICTURES]


def sweep_pictures(choices: dict[str, pd.DataFrame]) -> list[Picture]:
    """Heat map of the candidates' validation scores, where there is more than one candidate."""
    trained = {model: choices[model] for model in trained_models(choices)[:MOST_MODELS]}
    if not trained or len(next(iter(trained.values()))) == 1:
        return []
    text = "Validation scores of all candidates; chosen: " + "; ".join(
        f"{model} {table.loc[table['chosen'], 'candidate'].iloc[0]}" for model, table in trained.items()
    )
    return [embed(sweep_figure(trained), f"{text}.")]


def training_pictures(results: Results, choices: dict[str, pd.DataFrame]) -> list[Picture]:
    """Training curves of each model that was trained."""
    found = []
    for model in trained_models(choices)[:MOST_PICTURES]:
        histories = results.sources["histories"][model]
        chosen = choices[model][choices[model]["chosen"]]
        text = f"Training curves of {len(histories)} candidates of {model}"
        for row in chosen.to_dict("records"):
            text += f"; chosen: {row['candidate']}, epoch {row['epoch']}, {row['criterion']} {number(row['score'])}"
        found.append(embed(training_figure(histories, choices[model], model), f"{text}."))
    return found


def trained_models(choices: dict[str, pd.DataFrame]) -> list[str]:
    """Models that have a chosen candidate: all but those of regions without samples."""
    return [model for model, table in choices.items() if table["chosen"].any()]


def vote_pictures(results: Results) -> list[Picture]:
    """Where the maps of several seeds disagree, those of the fold `all` first."""
    folds = sorted(results.sources["vote_maps"], key=lambda fold: fold != ALL)[:MOST_PICTURES]
    tables = results.by_run("votes")
    return [
        embed(
            measure_figure(
                results.sources["vote_maps"][fold], title=fold, label="entropy of votes", scale=ENTROPY_SCALE
            ),
            f"Entropy of the labels of all seeds, fold {fold}: mean {number(tables[fold]['entropy'].iloc[0])}, "
            f"labels differ on {percent(tables[fold]['differing'].iloc[0])} of the pixels.",
        )
        for fold in folds
    ]


def map_pictures(results: Results) -> list[Picture]:
    """Maps, those of the run `all` first."""
    runs = sorted(results.sources["maps"], key=lambda run: fold_of(run) != ALL)
    return [
        embed(
            map_figure(
                results.sources["maps"][run],
                results.classes,
                legend=False,
                title=run,
                size=LARGE if fold_of(run) == ALL else SMALL,
            ),
            f"Land-cover map of the run {run}, in the colours of the classes listed beside it.",
        )
        for run in runs[:MOST_PICTURES]
    ]
