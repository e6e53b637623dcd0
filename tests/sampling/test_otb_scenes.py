"""Counts, picks and values on the simulated scene and on real tiles, against Orfeo ToolBox."""

import geopandas
import numpy as np
import pytest
import yaml
from netCDF4 import Dataset
from otb_command import needs_otb, otb, read_rates
from otb_study import OtbTile, Study

from tilefold.simulation.dials import small
from tilefold.simulation.scene import simulate_scene

pytestmark = needs_otb
EXAMPLE = "config/examples/slovenia.yaml"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    simulate_scene(folder / "scene", small())
    return Study(
        folder / "results",
        {
            "data": str(folder / "scene"),
            "sensors": {"sentinel2": {"path": "{data}/sentinel2"}},
            "calendar": {"start": "2018-01-01", "end": "2018-12-31", "step": 60},
            "reference": {
                "path": "{data}/reference.gpkg",
                "class_field": "code",
                "nomenclature": "{data}/nomenclature.csv",
                "min_area": 100.0,
            },
        },
    )


@pytest.fixture(scope="module")
def slovenia(tmp_path_factory, real_data, request):
    content = yaml.safe_load((request.config.rootpath / EXAMPLE).read_text())
    content = {key: content[key] for key in ("sensors", "calendar", "reference")}
    content["calendar"]["step"] = 120
    return Study(tmp_path_factory.mktemp("slovenia"), {"data": str(real_data("slovenia_s2")), **content})


@pytest.fixture(scope="module", params=["simulated", "slovenia"])
def study(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def tiles(study):
    return {tile: OtbTile(study, tile) for tile in study.tiles}


def with_pixels(counts):
    return {key: number for key, number in counts.items() if number}


def test_counts_by_class_and_polygon(study, tiles, tmp_path):
    _, tables = study.select(tmp_path, study.tiles)
    samples = tables["samples"].set_index(["tile", "code"])
    available = samples["learn_available"] + samples["validation_available"]
    for tile, theirs in tiles.items():
        assert with_pixels(available[tile].to_dict()) == with_pixels(theirs.by_class)
        polygons = {theirs.polygons[place]: number for place, number in theirs.by_vector.items()}
        role = study.roles.set_index("polygon").loc[list(with_pixels(polygons))]
        groups = role.groupby("code")["group"].nunique()
        found = samples["learn_polygons"][tile] + samples["validation_polygons"][tile]
        assert with_pixels(found.to_dict()) == groups.to_dict()
    assert sum(len(with_pixels(theirs.by_class)) for theirs in tiles.values()) > 10


def cases(folder, codes):
    (folder / "by_class.csv").write_text("".join(f"{code},{10 + 3 * code}\n" for code in codes))
    by_class = ("byclass", "-strategy.byclass.in", folder / "by_class.csv")
    return [
        ({"name": "all"}, ("all",)),
        ({"name": "smallest"}, ("smallest",)),
        ({"name": "constant", "count": 37}, ("constant", "-strategy.constant.nb", 37)),
        ({"name": "percent", "share": 0.33}, ("percent", "-strategy.percent.p", 0.33)),
        ({"name": "total", "total": 150}, ("total", "-strategy.total.v", 150)),
        ({"name": "byclass", "by_class": [10 + 3 * code for code in codes]}, by_class),
    ]


def test_every_strategy_takes_the_same_pixels_of_a_tile(study, tiles, tmp_path):
    tile, theirs = max(tiles.items(), key=lambda item: sum(item[1].by_class.values()))
    for number, (strategy, arguments) in enumerate(cases(tmp_path, study.plan.codes)):
        picks, rates = theirs.select(*arguments)
        found, tables = study.select(tmp_path / str(number), [tile], strategy=strategy)
        ours = tables["rates"].set_index("code")
        for code, (required, available, _) in rates.items():
            assert ours.loc[code, "available"] == available
            assert not available or ours.loc[code, "required"] == required
            # OTB may take the last candidate over and above.
            mine = found[tile].get(code, [])
            assert mine == picks.get(code, [])[: len(mine)], strategy
            assert len(mine) == min(required, available)


@pytest.mark.parametrize("quota", ["proportional", "equal"])
def test_quotas_are_those_of_multi_image_sampling_but_for_its_truncation(study, tiles, quota, tmp_path):
    for number, (strategy, arguments) in enumerate(cases(tmp_path, study.plan.codes)):
        if (strategy["name"], quota) == ("total", "equal"):
            continue  # OTB then gives each tile an equal part of the total, by the tile's own shares of classes.
        otb(
            *("MultiImageSamplingRate", "-il", *(theirs.statistics for theirs in tiles.values())),
            *("-strategy", *arguments, "-mim", quota, "-out", tmp_path / "rates.csv"),
        )
        _, tables = study.select(tmp_path / str(number), study.tiles, strategy=strategy, quota=quota)
        ours = tables["samples"].set_index(["tile", "code"])
        for place, tile in enumerate(tiles, start=1):
            for code, (required, available, _) in read_rates(tmp_path / f"rates_{place}.csv").items():
                wanted, possible = ours.loc[(tile, code), "wanted"], min(required, available)
                # Proportional parts and totals are rounded once for all tiles here, tile by tile there.
                slack = 1 if quota == "proportional" and strategy["name"] in ("percent", "total") else 0
                assert wanted >= possible - slack, (strategy, tile, code)
                if quota == "proportional":
                    assert wanted <= possible + 1, (strategy, tile, code)


@pytest.mark.parametrize("quota", ["proportional", "equal"])
def test_with_quotas_each_tile_takes_the_pixels_that_otb_takes_of_it(study, tiles, quota, tmp_path):
    found, tables = study.select(
        tmp_path, study.tiles, strategy={"name": "constant", "count": 60}, quota=quota
    )
    for tile, wanted in tables["samples"].groupby("tile"):
        theirs = tiles[tile]
        lines = (f"{row.code},{row.wanted:.0f}\n" for row in wanted.itertuples())
        (tmp_path / "by_class.csv").write_text("".join(lines))
        picks, _ = theirs.select("byclass", "-strategy.byclass.in", tmp_path / "by_class.csv")
        for code, mine in found[tile].items():
            assert mine == picks[code][: len(mine)]


def test_extracted_values_are_the_same(study, tiles, tmp_path):
    found, tables = study.select(tmp_path, study.tiles, strategy={"name": "all"}, sampler=None)
    for tile, theirs in tiles.items():
        theirs.select("all")
        otb(
            *(
                "SampleExtraction",
                "-in",
                theirs.image,
                "-vec",
                theirs.folder / "points.shp",
                "-field",
                "code",
            ),
            *("-outfield", "prefix", "-outfield.prefix.name", "b_", "-out", tmp_path / f"{tile}.sqlite"),
        )
        extracted = geopandas.read_file(tmp_path / f"{tile}.sqlite")
        pixels = map(tuple, theirs.pixels(extracted.geometry.x, extracted.geometry.y))
        bands = [name for name in extracted if name.startswith("b_")]
        values = dict(zip(pixels, extracted[bands].to_numpy(), strict=True))
        chosen = tables["selection"]
        chosen = chosen[chosen["tile"] == tile]
        with Dataset(study.pools[tile]) as pool:
            pool.set_auto_maskandscale(False)
            ours = pool[study.sensor][:][chosen["pool_row"]].reshape(len(chosen), -1)
        for code, mine in found[tile].items():
            theirs_values = np.array([values[tuple(pixel)] for pixel in mine])
            np.testing.assert_array_equal(ours[chosen["code"] == code], theirs_values)
        assert len(extracted) == len(chosen) > 50
