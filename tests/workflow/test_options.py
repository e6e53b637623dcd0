"""What is on request, all in one run: each option is used by the stages behind the others."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
from engine import merged, run, write_config
from rasterio.windows import Window

from tilefold.training.model_file import read_model_description

SEEDS = [0, 1]
HOME = "maps/all/seed_0"


def options(scene):
    """All options that go together, with a site in the middle of the first tile."""
    with rasterio.open(scene / "truth" / "T31TCJ.tif") as truth:
        left, bottom, right, top = truth.bounds
    place = {"x": round((left + right) / 2, -1), "y": round((bottom + top) / 2, -1), "size": 160}
    return {
        "split": {"seeds": SEEDS},
        "folds": {"scheme": ["T31TCJ"]},
        "fusion": {"methods": ["majority"]},
        "training": {"temperature_scaling": True},
        "classification": {"precision": "auto", "confidence_type": "float16", "device": "cpu"},
        "maps": {"vector": "gpkg", "regularise": "majority"},
        "validation": {"applicability": {"samples": 1000, "step": 4}, "max_test_pixels": 100},
        "report": {"sites": [{"name": "middle", **place}]},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory, finished, scene, content):
    folder = tmp_path_factory.mktemp("options")
    (folder / "scene").symlink_to(finished / "scene")
    run(folder, write_config(folder / "config.yaml", merged(content, options(scene))))
    return folder / "results"


def values(path):
    with rasterio.open(path) as raster:
        return raster.read(1)


@pytest.mark.slow
def test_confidence_is_a_half_between_the_smallest_top_probability_and_one(results):
    labels, confidence = (
        values(results / HOME / "classification.tif"),
        values(results / HOME / "confidence.tif"),
    )
    known = confidence[labels > 0]
    assert np.isnan(confidence[labels == 0]).all()
    assert 1 / 23 <= known.min() < known.max() <= 1
    np.testing.assert_array_equal(known, known.astype(np.float16))


@pytest.mark.slow
def test_models_carry_their_temperature_and_the_precision_is_noted(results):
    home = results / "runs" / "all" / "seed_0"
    fitted = pd.read_csv(home / "region_all" / "temperature.csv")
    description = read_model_description(home / "region_all" / "model.safetensors")
    assert description["temperature"] == pytest.approx(fitted["temperature"].iloc[0])
    precision = pd.read_csv(home / "precision.csv").iloc[0]
    assert precision["precision"] in ("fp32", "bf16")
    assert (precision["samples"] > 0) == precision["device_has_bf16"]


@pytest.mark.slow
def test_a_site_has_the_labels_of_the_map(results):
    mosaic = results / HOME / "classification.tif"
    for site in (results / "sites" / "middle").rglob("*.tif"):
        with rasterio.open(site) as raster:
            assert raster.shape == (16, 16)
    with (
        rasterio.open(results / "sites" / "middle" / "all" / "seed_0.tif") as site,
        rasterio.open(mosaic) as whole,
    ):
        row, col = whole.index(site.bounds.left + 5, site.bounds.top - 5)
        np.testing.assert_array_equal(site.read(1), whole.read(1, window=Window(col, row, 16, 16)))
    shares = pd.read_csv(results / "summary" / "sites.csv")
    assert shares.groupby("run")["share"].sum().to_numpy() == pytest.approx(1)


@pytest.mark.slow
def test_votes_disagree_where_the_seeds_do(results):
    first, second = (
        values(results / "maps" / "all" / f"seed_{seed}" / "classification.tif") for seed in SEEDS
    )
    entropy = values(results / "maps" / "all" / "vote_entropy.tif")
    both = (first > 0) & (second > 0)
    np.testing.assert_array_equal(entropy[both] > 0, first[both] != second[both])


@pytest.mark.slow
def test_polygons_cover_the_map_and_pixels_far_from_samples_are_not_applicable(results):
    labels = values(results / HOME / "classification.tif")
    polygons = geopandas.read_file(results / HOME / "classification.gpkg")
    assert polygons["pixels"].sum() == (labels > 0).sum()
    index, applicable = (
        values(results / HOME / "dissimilarity.tif"),
        values(results / HOME / "applicable.tif"),
    )
    inside, outside = applicable == 1, applicable == 0
    assert index[inside].max() < index[outside].min() if outside.any() else inside.any()


@pytest.mark.slow
def test_the_report_tells_of_all_of_it(results):
    page = (results / "report" / "index.html").read_text()
    for word in ("Temperature", "middle", "dissimilarity", "thinned", "seeds"):
        assert word.lower() in page.lower(), word
