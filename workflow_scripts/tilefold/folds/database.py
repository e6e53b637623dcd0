"""The sample database of a run and region, and its statistics."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from netCDF4 import Dataset

from tilefold.folds.statistics import RunningStatistics, SampleQuantiles, draw_share, rank_error
from tilefold.series.features import input_tensor
from tilefold.storage.metadata import provenance
from tilefold.storage.netcdf import create_netcdf
from tilefold.storage.samples import SAMPLE, SAMPLES_PER_CHUNK, define_inputs, read_rows, stored_variables
from tilefold.storage.tables import read_table
from tilefold.storage.whole import write_json

logger = logging.getLogger(__name__)

#: Roles in the database's variable `role`.
ROLES = {"learn": 0, "validation": 1}

#: Variables that describe samples, besides the inputs.
DESCRIPTIONS = {
    "label": "int32",
    "role": "int8",
    "polygon": "int32",
    "group": "int32",
    "tile": "int16",
    "x": "float64",
    "y": "float64",
    "clear_dates": "uint16",
}


def assemble_samples(
    pools: Mapping[str, Path | str],
    selection: Path | str,
    settings: Mapping[str, Any],
    *,
    samples: Path | str,
    statistics: Path | str,
) -> None:
    """Copy the selected samples from the pools and describe their tensors; memory is that of one block.

    Parameters
    ----------
    pools
        Pools of the training tiles, by tile.
    selection
        Table of `select_samples`.
    settings
        `region`, `seed`, `inputs` (with scales and features), `codes`, `additional_statistics_percentage` (share
        of the learn samples that quantiles are computed from; none without).
    samples
        NetCDF to write, of the region's samples, which may be none: the inputs as in the pools, and for each
        sample its `label` (class code), `role` (0 learn, 1 validation), `polygon`, `group`, `tile` (place in the
        attribute `tiles`), `x`, `y`, `clear_dates`.
    statistics
        JSON to write: for each input, `mean`, `var` (of the population), `min`, `max` over the learn samples of each
        component of the tensors, dates x components, date-major; null where every value is missing. With a share,
        `quantile_0.1`, `quantile_0.5` and `quantile_0.95` too, see `tilefold.folds.statistics.rank_error`.
    """
    selected = read_table(selection)
    selected = selected[selected["region"] == settings["region"]]
    inputs = settings["inputs"]
    tiles = sorted(pools)
    attributes = {
        "inputs": json.dumps(inputs),
        "classes": json.dumps(sorted(settings["codes"])),
        "tiles": json.dumps(tiles),
        "calendars": json.dumps({n: spec["dates"] for n, spec in inputs.items() if "dates" in spec}),
        **provenance(settings),
    }
    with create_netcdf(samples, attributes) as dataset:
        variables = define_inputs(dataset, inputs, len(selected))
        _describe(dataset, selected, tiles)
        start = 0
        for tile in tiles:
            rows = selected.loc[selected["tile"] == tile, "pool_row"].to_numpy()
            with Dataset(pools[tile]) as pool:
                for part, values in read_rows(pool, stored_variables(inputs), rows):
                    for name, block in values.items():
                        variables[name][start + part.start : start + part.stop] = block
            start += len(rows)
    share = settings.get("additional_statistics_percentage")
    write_json(statistics, sample_statistics(samples, share, settings["seed"]))
    logger.info("%d samples of %d tiles", len(selected), len(tiles))


def sample_statistics(
    samples: Path | str, share: float | None = None, seed: int = 0
) -> dict[str, dict[str, list[float | None]]]:
    """Statistics of the tensors of a database's learn samples, see `assemble_samples`; each is read once.

    Memory is that of a block, and of the samples for quantiles, see `tilefold.folds.statistics.draw_share`.
    """
    with Dataset(samples) as dataset:
        dataset.set_auto_maskandscale(False)
        inputs = json.loads(dataset.inputs)
        learn = dataset["role"][:] == ROLES["learn"]
        drawn = np.zeros(learn.size, bool)
        if share is not None:
            drawn[learn] = draw_share(int(learn.sum()), share, seed)
            _tell_error(int(drawn.sum()), int(learn.sum()))
        found = {}
        for name, spec in inputs.items():
            running, quantiles = RunningStatistics(), SampleQuantiles(int(drawn.sum()))
            # One block at least, so that a database without samples has its columns, all unknown.
            for start in range(0, max(learn.size, 1), SAMPLES_PER_CHUNK):
                rows = slice(start, start + SAMPLES_PER_CHUNK)
                stored = {key: dataset[key][rows][learn[rows]] for key in stored_variables({name: spec})}
                block = input_tensor(stored, name, spec)
                block = block.reshape(len(block), math.prod(block.shape[1:]))
                running.add(block)
                if share is not None:
                    quantiles.add(block[drawn[rows][learn[rows]]])
            found[name] = running.result() | ({} if share is None else quantiles.result())
    return found


def _tell_error(drawn: int, learn: int) -> None:
    if drawn:
        error = rank_error(drawn, learn)
        text = "quantiles from %d of %d learn samples: within %.4f in rank, with a confidence of 95 %%"
        logger.info(text, drawn, learn, error)


def _describe(dataset: Dataset, selected: pd.DataFrame, tiles: list[str]) -> None:
    described = selected.assign(
        label=selected["code"],
        role=selected["role"].map(ROLES),
        tile=selected["tile"].map({tile: number for number, tile in enumerate(tiles)}),
    )
    for name, dtype in DESCRIPTIONS.items():
        variable = dataset.createVariable(name, dtype, (SAMPLE,), fill_value=False)
        variable[:] = described[name].to_numpy(dtype)
