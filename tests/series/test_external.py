"""External features of a small tile, against the same functions on whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from tilefold.grids.grid import Grid
from tilefold.grids.windows import Window
from tilefold.networks.inputs import sensors_information
from tilefold.series.external import compute_external_features
from tilefold.series.external_layout import arrange
from tilefold.series.features import input_tensor
from tilefold.series.inputs import component_names
from tilefold.series.layout import series_descriptions
from tilefold.series.preprocess import preprocess_tile
from tilefold.series.skipping import write_skipped
from tilefold.series.stack import StackError, open_inputs
from tilefold.series.user_functions import ExternalFeatureError
from tilefold.storage.rasters import create_raster

DATES = ["2018-01-01", "2018-01-11", "2018-01-21"]
BANDS = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"]
GRID = Grid("EPSG:32631", (10.0, 0.0, 300000.0, 0.0, -10.0, 4800000.0), 300, 270)
FEATURES = ["ndvi", "ndwi", "brightness"]
ALIASES = {"red": "B4", "nir": "B8", "swir": "B11"}
MODULE = '''
import numpy as np
from tilefold.series.labels import I2Label, I2TemporalLabel


def joining(self):
    """(B, 3, 14)"""
    values = self.get_interpolated_Sentinel2_B8() - self.get_interpolated_Sentinel2_B4()
    return values, [I2TemporalLabel("sentinel2", "dvi", date) for date in self.interpolated_dates["Sentinel2"]]


def own_dates(self):
    """(B, 3, 1)"""
    values = self.get_interpolated_Sentinel2_B3()
    return values, [I2TemporalLabel("green", "b3", date) for date in ("20180102", "20180103", "20180104")]


def static(self, factor=1.0, **others):
    """(B, 2)"""
    nir = self.get_interpolated_Sentinel2_B8()
    values = np.stack([nir.min(axis=2), factor * nir.max(axis=2)], axis=2)
    return values, [I2Label("extremes", "least"), I2Label("extremes", "greatest")]


def by_text(self):
    dates = self.get_interpolated_dates()["Sentinel2"]
    return self.get_interpolated_Sentinel2_B2(), [f"Sentinel2_blue_{date}" for date in dates]


def neighbours(self):
    """Mean of 3 x 3 pixels, at the tile's edges of those that are there."""
    nir = np.pad(self.get_interpolated_Sentinel2_B8()[:, :, 0], 1, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(nir, (3, 3))
    return np.nanmean(windows, axis=(2, 3))[:, :, None], [I2Label("around", "mean")]
'''


@dataclass(frozen=True)
class Tile:
    folder: Path
    values: np.ndarray  # int16 (dates, bands, rows, columns)

    def settings(self, functions: list[Any], inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
        calls = [call if isinstance(call, dict) else {"name": call, "parameters": {}} for call in functions]
        return {
            "tile": "T1",
            "grid": GRID.to_dict(),
            "module": str(self.folder / "module.py"),
            "functions": calls,
            "margin": 0,
            "scales": {"sentinel2": [1.0, 0.0]},
            "inputs": inputs,
            "raw": {},
        } | changes

    def compute(self, functions: list[Any], inputs: dict[str, Any], **changes: Any) -> Path:
        path = self.folder / "features.tif"
        series = {"sentinel2": self.folder / "series.tif"}
        compute_external_features(series, {}, {}, self.settings(functions, inputs, **changes), features=path)
        return path

    def module(self, text: str) -> None:
        (self.folder / "module.py").write_text(text)

    def band(self, name: str) -> np.ndarray:
        """Series of a band, float32 (rows, columns, dates), NaN where nothing is known."""
        stored = self.values[:, BANDS.index(name)].transpose(1, 2, 0).astype(np.float32)
        return np.where(stored == -32768, np.float32(np.nan), stored)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Tile:
    folder = tmp_path_factory.mktemp("external")
    values = np.random.default_rng(3).integers(100, 5000, (3, 10, *GRID.shape)).astype(np.int16)
    values[:, :, 250:260, 100:102] = -32768
    names = series_descriptions(BANDS, DATES)
    with create_raster(
        folder / "series.tif", GRID, dtype="int16", nodata=-32768, descriptions=names, tags={}
    ) as raster:
        raster.write(values.reshape(-1, *GRID.shape))
    return Tile(folder, values)


@pytest.fixture
def tile(stored: Tile) -> Tile:
    stored.module(MODULE)
    return stored


def inputs_of(*layers: tuple[str, str, str | None]) -> dict[str, Any]:
    known = {"sentinel2": {"dates": DATES, "components": [*BANDS, *FEATURES]}}
    arranged = arrange(layers, known, [])
    series = {"kind": "series", "bands": BANDS, "dates": DATES}
    return {"sentinel2": series | {"extra": arranged["extra"].get("sentinel2", [])}, **arranged["groups"]}


DVI = [("sentinel2", "dvi", date) for date in DATES]
GREEN = [("green", "b3", f"2018-01-0{day}") for day in (2, 3, 4)]
EXTREMES = [("extremes", "least", None), ("extremes", "greatest", None)]
AROUND = [("around", "mean", None)]


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        assert np.isnan(raster.nodata)
        assert raster.dtypes[0] == "float32"
        return raster.read()


def test_the_three_kinds_give_their_tensors(tile: Tile) -> None:
    inputs = inputs_of(*EXTREMES, *GREEN, *DVI)
    functions = ["joining", "own_dates", {"name": "static", "parameters": {"factor": 2.0, "more": None}}]
    path = tile.compute(functions, inputs)
    described = {
        name: spec | {"scale": 1e-4, "offset": 0.0, "features": FEATURES, "aliases": ALIASES}
        if spec["kind"] == "series"
        else spec
        for name, spec in inputs.items()
    }
    window = Window(240, 270, 90, 110)
    series = {"sentinel2": tile.folder / "series.tif"}
    with open_inputs(series=series, static={}, inputs=described, external=path) as stack:
        values = stack.read(window)
    tensors = {name: input_tensor(values, name, spec) for name, spec in described.items()}
    assert {name: found.shape for name, found in tensors.items()} == {
        "sentinel2": (600, 3, 14),
        "extremes": (600, 2),
        "green": (600, 3, 1),
    }
    rows, cols = np.s_[240:270], np.s_[90:110]
    nir, red = tile.band("B8")[rows, cols], tile.band("B4")[rows, cols]
    np.testing.assert_array_equal(tensors["sentinel2"][:, :, 13], (nir - red).reshape(600, 3))
    np.testing.assert_array_equal(tensors["green"][:, :, 0], tile.band("B3")[rows, cols].reshape(600, 3))
    np.testing.assert_array_equal(tensors["extremes"][:, 1], 2 * nir.max(axis=2).ravel())
    assert np.isnan(tensors["green"]).any()
    assert component_names(described["sentinel2"])[13] == "dvi"
    assert sensors_information(described) == {
        "sentinel2": {"nb_components": 14, "nb_dates": 3},
        "green": {"nb_components": 1, "nb_dates": 3},
        "extremes": {"nb_components": 2, "nb_dates": 1},
    }
    # Without the external features the rest is the same, bit by bit.
    plain = described["sentinel2"] | {"extra": []}
    np.testing.assert_array_equal(
        input_tensor(values, "sentinel2", plain), tensors["sentinel2"][:, :, :13], strict=True
    )


def test_labels_may_be_texts(tile: Tile) -> None:
    inputs = inputs_of(*(("sentinel2", "blue", date) for date in DATES))
    found = read(tile.compute(["by_text"], inputs))
    np.testing.assert_array_equal(found, tile.band("B2").transpose(2, 0, 1))


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_neighbours_are_those_of_the_whole_tile(tile: Tile) -> None:
    found = read(tile.compute(["neighbours"], inputs_of(*AROUND), margin=1))[0]
    nir = np.pad(tile.band("B8")[:, :, 0], 1, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(nir, (3, 3))
    np.testing.assert_array_equal(found, np.nanmean(windows, axis=(2, 3)))


def test_without_the_margin_blocks_show(tile: Tile) -> None:
    whole = read(tile.compute(["neighbours"], inputs_of(*AROUND), margin=1))[0]
    cut = read(tile.compute(["neighbours"], inputs_of(*AROUND)))[0]
    rows, cols = np.nonzero(~((whole == cut) | (np.isnan(whole) & np.isnan(cut))))
    assert rows.size > 0
    # Row 255 and 256, column 255 and 256 alone: blocks are 256 x 256.
    assert (np.isin(rows, (255, 256)) | np.isin(cols, (255, 256))).all()


def test_same_bytes(tile: Tile) -> None:
    first = tile.compute(["static", "joining"], inputs_of(*EXTREMES, *DVI)).read_bytes()
    assert tile.compute(["static", "joining"], inputs_of(*EXTREMES, *DVI)).read_bytes() == first


def test_values_may_be_physical(tile: Tile) -> None:
    path = tile.compute(["own_dates"], inputs_of(*GREEN), scales={"sentinel2": [1e-4, 0.5]})
    expected = tile.band("B3").transpose(2, 0, 1) * np.float32(1e-4) + np.float32(0.5)
    np.testing.assert_array_equal(read(path), expected)


def failing(body: str) -> str:
    return f"import numpy as np\nfrom tilefold.series.labels import I2Label\n\n\ndef f(self):\n{body}\n"


PLACE = "function f on tile T1, rows 0 to 255, columns 0 to 255"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "    a = 1\n    return a / 0, []",
            f"module.py: {PLACE}: line 7: ZeroDivisionError: division by zero",
        ),
        (
            "    return self.get_interpolated_Sentinel2_B9(), []",
            "line 6: AttributeError: there is no accessor",
        ),
        ("    return 1", f"module.py, line 5: {PLACE} returned int, expected the pair array, labels"),
        (
            "    return [1], [I2Label('g', 'a')]",
            "returned list, expected an array of numbers of shape (256, 256, 1)",
        ),
        (
            "    return self.get_interpolated_Sentinel2_B2()[:, :, 0], [I2Label('g', 'a')]",
            "returned float32 (256, 256), expected an array of numbers of shape (256, 256, 1)",
        ),
        (
            "    return self.get_interpolated_Sentinel2_B2().transpose(2, 0, 1), [I2Label('g', 'a')] * 3",
            "returned float32 (3, 256, 256)",
        ),
        (
            "    return self.get_interpolated_Sentinel2_B2()[:, :, :1], ['a']",
            "labels that cannot be read: found the",
        ),
        (
            "    v = self.get_interpolated_Sentinel2_B2()[:, :, :1]\n    v[7, 9] = np.nan\n"
            "    return v, [I2Label('g', 'a')]",
            f"{PLACE} returned NaN or infinity where all that it asked for is known, 1 times; first in layer 0 at "
            "row 7, column 9",
        ),
        (
            "    v = self.get_interpolated_Sentinel2_B2()[:, :, :1]\n    return v / (v - v), [I2Label('g', 'a')]",
            "returned NaN or infinity",
        ),
        (
            "    return self.get_interpolated_Sentinel2_B2()[:, :, :1], [I2Label('g', 'other')]",
            "return other labels than when they were tried out before any job: 1 instead of 1",
        ),
        (
            "    return self.get_raw_Sentinel2_masks(), []",
            "acquisitions of sentinel2 are asked for, but were not",
        ),
    ],
)
def test_errors_name_file_function_line_and_place(tile: Tile, body: str, message: str) -> None:
    tile.module(failing(body))
    with pytest.raises(ExternalFeatureError) as error:
        tile.compute(["f"], inputs_of(("g", "a", None)))
    assert message in str(error.value)
    assert str(tile.folder / "module.py") in str(error.value)
    assert sorted(path.name for path in tile.folder.iterdir() if path.suffix == ".tif") in (
        ["features.tif", "series.tif"],
        ["series.tif"],
    )


def test_a_file_that_cannot_be_loaded_is_named(tile: Tile) -> None:
    tile.module("import numpy\n\nnumpy.nothing()\n")
    with pytest.raises(ExternalFeatureError, match=r"module\.py cannot be loaded: line 3: AttributeError"):
        tile.compute(["f"], inputs_of(*AROUND))
    tile.module("def g(self): ...\n")
    with pytest.raises(ExternalFeatureError, match=r"module\.py has no function f; it has g"):
        tile.compute(["f"], inputs_of(*AROUND))


def test_a_raster_of_other_features_is_refused(tile: Tile) -> None:
    path = tile.compute(["static"], inputs_of(*EXTREMES))
    series = {"sentinel2": tile.folder / "series.tif"}
    with pytest.raises(StackError, match="band 1 is extremes least, but the inputs have around mean there"):
        open_inputs(series=series, static={}, inputs=inputs_of(*AROUND), external=path)
    with pytest.raises(StackError, match="no raster of them is given"):
        open_inputs(series=series, static={}, inputs=inputs_of(*AROUND))
    with pytest.raises(StackError, match="band 1 is extremes least, but the inputs have nothing there"):
        open_inputs(series=series, static={}, inputs=inputs_of(), external=path)


RAW = """
import numpy as np
from tilefold.series.labels import I2Label, I2TemporalLabel


def acquisitions(self):
    values = self.get_raw_own_NIR()
    masks = self.get_raw_own_masks()
    assert (np.isnan(values) == (masks != 0)).all()
    labels = [I2TemporalLabel("raw", "nir", date) for date in self.get_raw_dates()["own"]]
    return np.where(masks == 0, values, -masks.astype(float)), labels
"""


def test_acquisitions_and_masks(
    tmp_path: Path,
    definition: dict[str, Any],
    make_grid: Callable[..., Grid],
    make_products: Callable[..., tuple[np.ndarray, np.ndarray]],
) -> None:
    grid = make_grid()
    names = ["20180101", "20180105T1", "20180105T2", "20180120"]
    values, clear = make_products(tmp_path, grid, names)
    products = [{"name": n, "date": f"2018-01-{n[6:8]}", "stamp": [0, 0]} for n in names]
    days = ["2018-01-01", "2018-01-03", "2018-01-05", "2018-01-20"]
    inputs = {
        "own": {"kind": "series", "bands": ["RED", "NIR"], "dates": ["2018-01-01"]},
        "raw": {"kind": "temporal", "dates": days, "components": ["nir"]},
    }
    (tmp_path / "module.py").write_text(RAW)
    settings = {
        "tile": "T1",
        "grid": grid.to_dict(),
        "module": str(tmp_path / "module.py"),
        "functions": [{"name": "acquisitions", "parameters": {}}],
        "margin": 0,
        "scales": {"own": [1.0, 0.0]},
        "inputs": inputs,
        "raw": {"own": {"definition": definition, "products": products[::-1], "dates": days}},
    }
    series = {
        "tile": "T1",
        "sensor": "own",
        "grid": grid.to_dict(),
        "calendar": ["2018-01-01"],
        "products": products,
        "definition": definition,
        "method": "linear",
        "method_parameters": {},
        "on_bad_acquisition": "stop",
        "refused": [],
    }
    outputs = {
        key: tmp_path / f"{key}{suffix}"
        for key, suffix in {"series": ".tif", "clear_dates": "_clear.tif", "skipped": ".csv"}.items()
    }
    preprocess_tile(tmp_path, series, **outputs, threads=1)
    found = {}
    for name, left_out in (("all", []), ("fewer", ["20180120"])):
        rows = [{"product": product, "file": "f", "reason": "r"} for product in left_out]
        write_skipped(tmp_path / "skipped.csv", rows)
        compute_external_features(
            {"own": outputs["series"]},
            {"own": tmp_path},
            {"own": tmp_path / "skipped.csv"},
            settings,
            features=tmp_path / f"{name}.tif",
        )
        found[name] = read(tmp_path / f"{name}.tif")
    nir = values[:, 1].astype(np.float32)
    day = np.where(clear[1], nir[1], np.where(clear[2], nir[2], -1))
    np.testing.assert_array_equal(found["all"][0], np.where(clear[0], nir[0], -1))
    np.testing.assert_array_equal(found["all"][1], -2)
    np.testing.assert_array_equal(found["all"][2], day)
    np.testing.assert_array_equal(found["all"][3], np.where(clear[3], nir[3], -1))
    np.testing.assert_array_equal(found["fewer"][3], -2)
    np.testing.assert_array_equal(found["fewer"][:3], found["all"][:3])
