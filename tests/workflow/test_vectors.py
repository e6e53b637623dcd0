"""Maps as polygons through the engine."""

import geopandas
import numpy as np
import rasterio
from engine import merged, run, write_config


def test_polygons_cover_the_map(copy, content):
    path = write_config(
        copy / "changed.yaml", merged(content, {"maps": {"vector": "fgb", "vector_min_pixels": 4}})
    )
    run(copy, path, "maps")
    home = copy / "results" / "maps" / "all" / "seed_0"
    table = geopandas.read_file(home / "classification.fgb")
    with rasterio.open(home / "classification.tif") as raster:
        labels = raster.read(1)
    with rasterio.open(home / "confidence.tif") as raster:
        confidence = raster.read(1)
    assert table["pixels"].sum() == (labels > 0).sum()
    mean = (table["confidence"] * table["pixels"]).sum() / table["pixels"].sum()
    assert np.isclose(mean, confidence[labels > 0].mean() / 100)
    assert set(table["code"]) <= set(np.unique(labels[labels > 0]).tolist())
    assert table["pixels"].median() >= 4
    assert not (copy / "results" / "runs" / "all" / "seed_0" / "polygons").exists()
