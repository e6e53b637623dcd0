"""Commands for people: check reference data, predict samples, simulate scenes, write pages made from the code."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 1 where the input is at fault."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        status: int | None = given.command(given)
    except ValueError as error:
        print(f"tilefold: {error}", file=sys.stderr)
        return 1
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tilefold", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    _add_simulate(commands)
    _add_clean(commands)
    _add_sampling_design(commands)
    _add_compare(commands)
    _add_predict(commands)

    baseline = commands.add_parser(
        "baseline", help="the network beside a random forest and the scene's best rule"
    )
    baseline.add_argument("results", type=Path, help="results folder of a finished run")
    baseline.add_argument("scene", type=Path, help="folder of the simulated scene")
    baseline.set_defaults(command=_baseline)

    compare = commands.add_parser(
        "compare-scene", help="a simulated scene beside the real patch, as Markdown"
    )
    compare.add_argument("patch", type=Path, help="NetCDF file of the patch (see docs/simulation.md)")
    compare.add_argument("scene", type=Path, help="folder of the simulated scene")
    compare.set_defaults(command=_compare_scene)

    document = commands.add_parser("document", help="write the pages and the schema made from the code")
    document.add_argument(
        "--demo", type=Path, help="results of the demo, for the figures of README.md and docs/report.md"
    )
    document.add_argument("--scene", type=Path, help="the demo's scene, for the tables of docs/simulation.md")
    document.add_argument("--patch", type=Path, help="with --scene: NetCDF file of the real patch beside it")
    document.add_argument("--root", type=Path, default=Path(), help="folder of the project")
    document.set_defaults(command=_document)
    return parser


def _add_simulate(commands: Any) -> None:
    simulate = commands.add_parser("simulate", help="write a simulated scene with known truth")
    simulate.add_argument("folder", type=Path, help="folder to write; products go to <folder>/<sensor>")
    simulate.add_argument("--seed", type=int, help="seed of the scene")
    simulate.add_argument("--size", type=int, help="side of a tile in pixels")
    simulate.add_argument("--shift", type=float, help="how much tiles differ; 0: not at all")
    simulate.add_argument("--years-on", type=int, help="the same ground so many years later")
    simulate.add_argument("--second-crs", help="CRS of the tiles of the last column, as EPSG:32632")
    simulate.add_argument("--sensors", help="whose products, separated by commas; default: sentinel2")
    simulate.add_argument("--dem", action="store_true", help="also elevation rasters")
    simulate.add_argument(
        "--names-only",
        nargs="?",
        type=int,
        const=0,
        metavar="TILES",
        help="only names and headers, of this many tiles",
    )
    simulate.add_argument(
        "--tiles", nargs="+", help="names of the tiles; with --names-only, instead of a number"
    )
    simulate.set_defaults(command=_simulate)


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser("predict", help="predict a file of samples with a model file")
    predict.add_argument("model", type=Path, help="model.safetensors of a run")
    predict.add_argument("samples", type=Path, help="NetCDF file with the model's inputs")
    predict.add_argument("--out", type=Path, default=Path("predicted.csv"), help="CSV to write")
    predict.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:<number>")
    predict.add_argument("--threads", type=int, default=1, help="threads to compute with")
    predict.set_defaults(command=_predict)

    export = commands.add_parser("export", help="write a model file as ONNX")
    export.add_argument("model", type=Path, help="model.safetensors of a run")
    export.add_argument("onnx", type=Path, help="file to write")
    export.set_defaults(command=_export)


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser(
        "compare", help="two finished projects on the polygons that are test in both"
    )
    compare.add_argument("first", type=Path, help="results folder")
    compare.add_argument("second", type=Path, help="results folder")
    compare.add_argument(
        "--out", type=Path, default=Path("comparison"), help="folder to write; default: comparison"
    )
    compare.add_argument(
        "--replicates", type=int, default=2000, help="resamples for intervals; default: 2000"
    )
    compare.add_argument("--seed", type=int, default=0, help="seed of the resampling; default: 0")
    compare.set_defaults(command=_compare)


def _compare(given: argparse.Namespace) -> None:
    from tilefold.plan.comparison import compare_results

    table = compare_results(
        given.first, given.second, given.out, replicates=given.replicates, seed=given.seed
    )
    whole = table[table["class"].isna()].drop(columns=["class", "label", "n_pixels_first", "n_pixels_second"])
    print(whole.to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    print(f"written: {given.out}/comparison.csv, comparison.html")


def _add_sampling_design(commands: Any) -> None:
    design = commands.add_parser(
        "sampling-design", help="draw map pixels to interpret, for design-based accuracy"
    )
    design.add_argument("map", type=Path, help="classified raster; its classes are the strata")
    design.add_argument("--total", type=int, required=True, help="number of points")
    allocations = ("equal", "proportional", "neyman")
    design.add_argument(
        "--allocation", choices=allocations, default="proportional", help="default: proportional"
    )
    design.add_argument(
        "--accuracies", type=Path, help="for neyman: CSV with the columns class and precision"
    )
    design.add_argument("--nodata", type=int, default=0, help="value of the map without a class; default: 0")
    design.add_argument("--seed", type=int, default=0, help="seed of the draws; default: 0")
    design.add_argument("--points", type=Path, default=Path("points.gpkg"), help="GeoPackage to write")
    design.add_argument("--strata", type=Path, default=Path("strata.csv"), help="CSV to write")
    design.set_defaults(command=_sampling_design)


def _sampling_design(given: argparse.Namespace) -> None:
    from tilefold.validation.sampling_design import design_sample, read_accuracies

    table = design_sample(
        given.map,
        given.total,
        allocation=given.allocation,
        nodata=given.nodata,
        seed=given.seed,
        points=given.points,
        strata=given.strata,
        accuracies=read_accuracies(given.accuracies) if given.accuracies else None,
    )
    print(table.to_string(index=False))
    print(f"written: {given.points}, to be filled in (class), and {given.strata}")


def _add_clean(commands: Any) -> None:
    clean = commands.add_parser("clean", help="check and clean reference polygons or points")
    clean.add_argument("path", metavar="vector", help="vector file, in any format that GDAL reads")
    clean.add_argument("--class-field", required=True, help="field that holds the class")
    clean.add_argument("--nomenclature", help="file of the classes; default: every value is a class")
    clean.add_argument("--colours", help="text file of colours, for a nomenclature without")
    clean.add_argument("--layer", help="layer to read; default: the first")
    clean.add_argument("--crs", help="CRS of a file that names none")
    clean.add_argument("--id-field", help="field that identifies a polygon")
    clean.add_argument("--group-field", help="field of what must stay together")
    clean.add_argument("--test-path", metavar="VECTOR", help="a second file, all of test")
    clean.add_argument("--test-layer", help="its layer; default: the first")
    clean.add_argument("--overlaps", choices=("keep", "clip", "reject"), help="default: keep")
    clean.add_argument("--min-area", type=float, help="square metres; smaller polygons are rejected")
    clean.add_argument("--min-width", type=float, help="metres; narrower polygons are rejected")
    clean.add_argument("--pixel-size", type=float, help="side of a pixel in metres; default: 10")
    clean.add_argument("--output-crs", help="CRS of the cleaned file; default: that of the vector")
    clean.add_argument("--out", type=Path, help="folder for reference.gpkg, rejected.gpkg and cleaning.csv")
    clean.add_argument("--strict", action="store_true", help="exit with 1 if anything was rejected")
    clean.set_defaults(command=_clean)


def _clean(given: argparse.Namespace) -> int:
    from rich.console import Console

    from tilefold.ground_truth.reasons import REJECTION
    from tilefold.plan.database_check import Database, check_database, printable

    names = {field.name for field in dataclasses.fields(Database)}
    wanted = {key: value for key, value in vars(given).items() if key in names and value is not None}
    table, labels = check_database(Database(**wanted), given.out)
    console = Console()
    console = console if console.is_terminal else Console(width=160)
    console.print(printable(table, labels))
    if given.out is not None:
        print(f"written: {given.out}/reference.gpkg, rejected.gpkg, cleaning.csv")
    return int(given.strict and REJECTION in set(table["step"]))


def _predict(given: argparse.Namespace) -> None:
    from tilefold.inference.database import predict_database

    number = predict_database(
        given.model, given.samples, given.out, device=given.device, compute_threads=given.threads
    )
    print(f"{number} samples predicted: {given.out}")


def _export(given: argparse.Namespace) -> None:
    from tilefold.inference.onnx_export import export_onnx

    export_onnx(given.model, given.onnx)
    print(f"written: {given.onnx}")


def _simulate(given: argparse.Namespace) -> None:
    from tilefold.simulation.dials import Dials
    from tilefold.simulation.names import simulate_names
    from tilefold.simulation.scene import simulate_scene

    if given.names_only is not None:
        simulate_names(given.folder, given.tiles or given.names_only)
        return
    wanted = {
        "seed": given.seed,
        "size": given.size,
        # In small tiles the strip that neighbours share is smaller too.
        "overlap": min(Dials.overlap, 2 * (given.size // 8)) if given.size else None,
        "shift": given.shift,
        "years_on": given.years_on,
        "year": Dials.year + given.years_on if given.years_on else None,
        "second_crs": given.second_crs,
        "tiles": tuple(given.tiles) if given.tiles else None,
        "sensors": tuple(given.sensors.split(",")) if given.sensors else None,
        "dem": given.dem or None,
    }
    dials = dataclasses.replace(Dials(), **{key: value for key, value in wanted.items() if value is not None})
    simulate_scene(given.folder, dials)
    print(f"simulated scene: {given.folder}")


def _baseline(given: argparse.Namespace) -> None:
    from tilefold.plan.demo import compare_demo

    print(compare_demo(given.results, given.scene).to_string(index=False))


def _compare_scene(given: argparse.Namespace) -> None:
    from tilefold.simulation.page import comparison_tables

    print(comparison_tables(given.patch, given.scene), end="")


def _document(given: argparse.Namespace) -> None:
    from tilefold.config.documentation import configuration_page, configuration_schema
    from tilefold.simulation.page import write_simulation_page
    from tilefold.storage.whole import write_text

    write_text(given.root / "docs" / "config.md", configuration_page())
    write_text(given.root / "config" / "schema.json", configuration_schema())
    write_simulation_page(given.root / "docs" / "simulation.md", given.scene, given.patch)
    if given.demo is not None:
        from tilefold.report.excerpt import write_section_pictures
        from tilefold.report.readme import write_demo_figures

        images = given.root / "docs" / "images"
        write_demo_figures(given.demo, given.root / "README.md", images)
        write_section_pictures(given.demo / "report" / "index.html", images / "report")


if __name__ == "__main__":
    sys.exit(main())
