"""Comparison of a finished run on a simulated scene with a random forest and with the scene's best rule."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tilefold.config.load import ConfigError
from tilefold.plan.plan import Plan
from tilefold.regions.names import ALL
from tilefold.storage.whole import read_json
from tilefold.validation.demo_comparison import TruthTile, compare_with_forest


def compare_demo(results: Path, scene: Path) -> pd.DataFrame:
    """Score the run `all` of the first seed and a forest, on test pixels and on all owned pixels of the truth.

    Parameters
    ----------
    results
        Results folder of a finished run; `baseline.csv` is written there.
    scene
        Folder of the simulated scene.

    Raises
    ------
    ConfigError
        If there is no finished run or no truth.
    """
    snapshots = sorted((results / "plan").glob("*.json"), key=lambda path: path.stat().st_mtime)
    truth = scene / "truth" / "truth.json"
    if not snapshots or not truth.is_file():
        raise ConfigError([f"baseline: {results} holds no run or {truth} is missing; run `make demo` first"])
    plan = Plan.from_dict(read_json(snapshots[-1]))
    if ALL not in plan.regions:
        raise ConfigError(
            ["baseline: the forest is one for all regions; set regions.fallback to global, or no regions"]
        )
    seed = plan.config.split.seeds[0]
    run, maps = results / "runs" / "all" / f"seed_{seed}", results / "maps" / "all" / f"seed_{seed}" / "tiles"
    best = read_json(truth)["best_possible"]
    return compare_with_forest(
        run / f"region_{ALL}" / "samples.nc",
        {tile: results / "pools" / f"{tile}.nc" for tile in plan.train},
        run / "predicted.parquet",
        table=results / "baseline.csv",
        nodata=plan.nodata,
        tiles={
            tile: TruthTile(
                truth=scene / "truth" / f"{tile}.tif",
                classified=maps / f"{tile}_classification.tif",
                series={name: results / "series" / tile / f"{name}.tif" for name in plan.config.sensors},
                clear={name: results / "series" / tile / f"{name}_clear.tif" for name in plan.config.sensors},
                static={n: f.raster(tile) for n, f in plan.config.user_features.items()},
                external=results / "external_features" / f"{tile}.tif" if plan.external else None,
            )
            for tile in plan.mapped
        },
        ownership=plan.ownership,
        best_possible={"test": best["reference"]["oa"], "truth": best["truth"]["oa"]},
        jobs=2,
    )
