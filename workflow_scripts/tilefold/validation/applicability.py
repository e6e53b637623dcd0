"""Where a map's model may be applied: samples, threshold, and errors of the folds by dissimilarity."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset
from numpy.typing import NDArray

from tilefold.folds.areas import Cells
from tilefold.inference.pixels import load_predictor
from tilefold.series.features import input_tensor
from tilefold.storage.metadata import provenance
from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.samples import read_rows, stored_variables
from tilefold.storage.tables import read_table, write_table
from tilefold.training.database import LEARN, VALIDATION
from tilefold.validation.dissimilarity import SampleSpace, stratified, threshold
from tilefold.validation.forest import flat_tensors
from tilefold.validation.importance import component_importance, feature_weights

logger = logging.getLogger(__name__)

Paths = Mapping[str, Path | str]

#: Limits of the classes of errors, in thresholds; the last has no end.
LIMITS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
#: Validation samples at most that importance is measured on.
MOST_VALIDATION = 2000


def measure_samples(
    model: Path | str,
    samples: Path | str,
    roles: Path | str,
    predicted: Paths,
    pools: Paths,
    settings: Mapping[str, Any],
    *,
    space: Path | str,
    summary: Path | str,
    importance: Path | str,
    errors: Path | str,
    blocks: Path | str | None = None,
) -> None:
    """Measure the samples of the run `all`: their space, the threshold, and the folds' errors by dissimilarity.

    Parameters
    ----------
    model, samples, roles
        Of the run `all`: model file, sample database, roles of the polygons.
    predicted
        Table of `predict_samples` of each fold with the same seed, by fold.
    pools
        Pools by tile.
    settings
        `seed`, `codes`, `nodata`, `scheme` (see `Cells.of_scheme`), `folds` (cells that each holds out), `most`
        (samples, and out-of-area pixels, that are taken at most), and what `load_predictor` takes.
    space
        To write (NetCDF): the samples' space, for `measure_dissimilarity`.
    summary
        CSV to write, one row: `samples`, `of_samples`, `groups`, `features`, `mean_distance`, `threshold`.
    importance
        CSV to write: `input`, `component`, `importance`.
    errors
        CSV to write: `fold` (`pooled`: all), `from`, `to` (dissimilarity in thresholds; no `to`: no end), `n_pixels`
        (classified), `error` (share that is wrong).
    blocks
        GeoPackage of `assign_blocks`, for folds of blocks.
    """
    table = read_table(roles, ["polygon", "fold_value"])
    cells = Cells.of_scheme(settings["scheme"], table, blocks)
    found = _importance(model, samples, settings)
    inputs, values, groups, number = _read_samples(samples, cells, settings)
    made = SampleSpace.of_samples(values, feature_weights(found, inputs))
    limit = threshold(made.between_groups(groups))
    row = {
        "samples": len(values),
        "of_samples": number,
        "groups": len(np.unique(groups)),
        "features": made.samples.shape[1],
        "mean_distance": made.mean_distance,
        "threshold": limit,
    }
    write_space(space, made, inputs, limit, settings)
    write_table(summary, pd.DataFrame([row]))
    write_table(importance, found)
    pixels = _out_of_area(predicted, settings)
    pixels["dissimilarity"] = _pixel_dissimilarity(pixels, pools, made, groups, inputs)
    write_table(errors, errors_by_dissimilarity(pixels, limit))
    logger.info("%d of %d samples, threshold %.3f", len(values), number, limit)


def _importance(model: Path | str, samples: Path | str, settings: Mapping[str, Any]) -> pd.DataFrame:
    predictor = load_predictor(model, settings)
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        rows = np.flatnonzero(dataset["role"][:] == VALIDATION)
        rows = rows[stratified(dataset["label"][:][rows], MOST_VALIDATION, [settings["seed"], 1])]
        stored = {name: dataset[name][:][rows] for name in stored_variables(predictor.inputs)}
        labels = np.asarray(dataset["label"][:][rows], np.int32)
    tensors = {name: input_tensor(stored, name, spec) for name, spec in predictor.inputs.items()}
    return component_importance(predictor, tensors, labels, settings["seed"])


def _read_samples(
    samples: Path | str, cells: Cells, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], NDArray[np.float32], NDArray[np.object_], int]:
    """Inputs, values and groups of the learn samples that are taken, and how many there are."""
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        inputs = json.loads(dataset.inputs)
        learn = np.flatnonzero(dataset["role"][:] == LEARN)
        rows = learn[stratified(dataset["label"][:][learn], settings["most"], [settings["seed"], 0])]
        parts = [
            flat_tensors(values, inputs) for _, values in read_rows(dataset, stored_variables(inputs), rows)
        ]
        tiles = np.asarray(json.loads(dataset.tiles), object)[dataset["tile"][:][rows]]
        places = pd.DataFrame({name: dataset[name][:][rows] for name in ("x", "y", "polygon")})
    fold_of = {cell: fold for fold, held_out in reversed(settings["folds"].items()) for cell in held_out}
    groups = np.empty(len(rows), object)
    for tile, chosen in pd.Series(tiles).groupby(tiles).indices.items():
        own = cells.of_pixels(str(tile), places.iloc[chosen])
        groups[chosen] = [fold_of.get(cell, cell) for cell in own.tolist()]
    return inputs, np.concatenate(parts), groups, len(learn)


def _out_of_area(predicted: Paths, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Classified pixels of all held-out areas, as many as are taken, in the order tile, pool row."""
    columns = ["tile", "pool_row", "code", "held_out_pixel", "predicted"]
    tables = [read_table(path, columns).assign(fold=fold) for fold, path in predicted.items()]
    pixels = pd.concat(tables, ignore_index=True)
    pixels = pixels[pixels["held_out_pixel"] & (pixels["predicted"] != settings["nodata"])]
    rows = stratified(pixels["code"].to_numpy(), settings["most"], [settings["seed"], 2])
    return pixels.iloc[rows].sort_values(["tile", "pool_row", "fold"], ignore_index=True)


def _pixel_dissimilarity(
    pixels: pd.DataFrame,
    pools: Paths,
    space: SampleSpace,
    groups: NDArray[np.object_],
    inputs: dict[str, Any],
) -> NDArray[np.float64]:
    """Dissimilarity of out-of-area pixels from the samples of the other folds."""
    found = np.full(len(pixels), np.nan)
    for tile in pixels["tile"].unique():
        places = np.flatnonzero(pixels["tile"] == tile)
        rows = pixels["pool_row"].to_numpy()[places]
        with Dataset(pools[str(tile)]) as pool:
            for part, values in read_rows(pool, stored_variables(inputs), rows):
                features, here = flat_tensors(values, inputs), places[part]
                for fold, own in pixels["fold"].iloc[here].groupby(pixels["fold"].iloc[here]).indices.items():
                    others = groups != fold
                    if others.any():
                        found[here[own]] = space.dissimilarity(features[own], others)
    return found


def errors_by_dissimilarity(pixels: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Share of wrong pixels by fold and class of dissimilarity, in thresholds; see `measure_samples`.

    Parameters
    ----------
    pixels
        `fold`, `code`, `predicted`, `dissimilarity`.
    limit
        The threshold.
    """
    known = pixels[pixels["dissimilarity"].notna()]
    place = np.searchsorted(LIMITS, known["dissimilarity"] / limit, side="right") - 1
    wrong = pd.DataFrame(
        {"fold": known["fold"], "place": place, "error": (known["code"] != known["predicted"]).astype(float)}
    )
    both = pd.concat([wrong, wrong.assign(fold="pooled")])
    both["fold"] = pd.Categorical(both["fold"], [*dict.fromkeys(sorted(known["fold"])), "pooled"])
    table = both.groupby(["fold", "place"], observed=True)["error"].agg(["size", "mean"]).reset_index()
    ends = pd.array([*LIMITS[1:], None], dtype="Float64")
    return pd.DataFrame(
        {
            "fold": table["fold"],
            "from": np.asarray(LIMITS)[table["place"]],
            "to": ends.take(table["place"].to_numpy()),
            "n_pixels": table["size"],
            "error": table["mean"],
        }
    )


def write_space(
    path: Path | str, space: SampleSpace, inputs: Mapping[str, Any], limit: float, settings: Mapping[str, Any]
) -> None:
    """Write a space and its threshold as NetCDF, for `read_space`."""
    attributes = {**provenance(settings), "inputs": json.dumps(inputs)}
    with create_netcdf(path, attributes) as dataset:
        dataset.setncatts({"mean_distance": space.mean_distance, "threshold": limit})
        dimensions = {"feature": len(space.mean), "sample": len(space.samples)}
        for name, size in {**dimensions, "used_feature": space.samples.shape[1]}.items():
            dataset.createDimension(name, size)
        dataset.createVariable("mean", "f8", ("feature",))[:] = space.mean
        dataset.createVariable("scale", "f8", ("feature",))[:] = space.scale
        dataset.createVariable("samples", "f4", ("sample", "used_feature"))[:] = space.samples


def read_space(path: Path | str) -> tuple[SampleSpace, dict[str, Any], float]:
    """Space, description of the inputs, threshold of a file of `write_space`."""
    with Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        mean, scale, samples = (np.asarray(dataset[name][:]) for name in ("mean", "scale", "samples"))
        space = SampleSpace(mean, scale, samples, float(dataset.mean_distance))
        return space, json.loads(dataset.inputs), float(dataset.threshold)
