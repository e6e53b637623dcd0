import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import box
from sklearn.metrics import confusion_matrix

from tilefold.validation.matrices import read_otb_matrix, unit_counts, write_otb_matrix
from tilefold.validation.metrics import overall_accuracy

NODATA = 0


def rows(*entries):
    return pd.DataFrame(entries, columns=["group", "code", "predicted", "pixels"])


def toy_maps():
    """Four polygons on a raster of 10 m pixels, and a map with a class that has no reference."""
    transform = from_origin(0, 100, 10, 10)
    polygons = [
        (box(0, 60, 40, 100), 1),
        (box(50, 70, 90, 100), 2),
        (box(0, 0, 30, 30), 1),
        (box(60, 0, 100, 20), 3),
    ]
    reference = rasterize(polygons, (10, 10), transform=transform, dtype="int32")
    labels = np.repeat([1, 2, 4], [4, 3, 3])
    return reference, np.broadcast_to(labels, (10, 10)).astype("int32"), transform


def counts_of(reference, predicted):
    inside = reference > 0
    table = pd.DataFrame({"code": reference[inside], "predicted": predicted[inside]})
    return table.assign(group=1).groupby(["group", "code", "predicted"]).size().reset_index(name="pixels")


def test_matrix_equals_scikit_learn():
    rng = np.random.default_rng(3)
    codes = [2, 3, 5, 11, 255]
    reference = rng.choice(codes, 500)
    predicted = rng.choice(codes, 500)
    group = rng.integers(0, 20, 500)
    table = pd.DataFrame({"group": group, "code": reference, "predicted": predicted, "pixels": 1})
    units = unit_counts(table, codes, NODATA)
    np.testing.assert_array_equal(units.matrix, confusion_matrix(reference, predicted, labels=codes))
    assert units.pixels.sum() == 500


def test_nodata_is_counted_apart():
    units = unit_counts(rows((1, 1, 1, 6), (1, 1, 0, 4), (2, 2, 0, 3)), [1, 2], NODATA)
    np.testing.assert_array_equal(units.matrix, [[6, 0], [0, 0]])
    np.testing.assert_array_equal(units.nodata, [4, 3])
    # The second group has no classified pixel: nothing can be said about it.
    np.testing.assert_array_equal(units.units_by_class, [1, 0])


def test_each_group_has_weight_one():
    # Parts of one original (group 1, in two tiles) count once; a group of two classes once in each.
    table = rows((1, 1, 1, 30), (1, 1, 2, 10), (2, 1, 2, 2), (3, 2, 2, 1000), (3, 1, 1, 5))
    units = unit_counts(table, [1, 2], NODATA)
    np.testing.assert_allclose(units.equal_matrix, [[0.75 + 1.0, 0.25 + 1.0], [0.0, 1.0]])
    assert units.equal_matrix.sum() == units.units_by_class.sum() == 4


def test_order_of_rows_does_not_matter():
    table = rows((1, 1, 1, 30), (9, 2, 2, 10), (2, 1, 2, 2), (9, 2, 1, 4))
    units = unit_counts(table, [1, 2], NODATA)
    again = unit_counts(table.sample(frac=1, random_state=0), [1, 2], NODATA)
    for name in ("groups", "classes", "predicted", "nodata"):
        np.testing.assert_array_equal(getattr(units, name), getattr(again, name))


@pytest.mark.parametrize("column", ["code", "predicted"])
def test_unknown_class_is_refused(column):
    table = rows((1, 1, 1, 30)).assign(**{column: 7})
    with pytest.raises(ValueError, match=f"`{column}`.* 7,"):
        unit_counts(table, [1, 2], NODATA)


def test_no_rows_give_an_empty_matrix(tmp_path):
    units = unit_counts(rows(), [1, 2], NODATA)
    assert units.matrix.sum() == 0
    write_otb_matrix(tmp_path / "empty.csv", units.matrix, [1, 2])
    np.testing.assert_array_equal(read_otb_matrix(tmp_path / "empty.csv", [1, 2]), np.zeros((2, 2)))


def test_otb_layout_of_the_toy(tmp_path):
    reference, predicted, _ = toy_maps()
    codes = [1, 2, 3, 4]
    units = unit_counts(counts_of(reference, predicted), codes, NODATA)
    path = tmp_path / "matrix.csv"
    write_otb_matrix(path, units.matrix, codes)
    assert path.read_text() == (
        "#Reference labels (rows):1,2,3\n#Produced labels (columns):1,2,4\n25,0,0\n0,6,6\n0,2,6\n"
    )
    # The full matrix counts the class without reference as errors: 31 of 45, where OTB's log says 31 of 33.
    assert overall_accuracy(units.matrix) == pytest.approx(31 / 45)
    np.testing.assert_array_equal(read_otb_matrix(path, codes), units.matrix)


def test_same_file_as_otb(tmp_path):
    command = shutil.which("otbcli_ComputeConfusionMatrix")
    if command is None:
        pytest.skip("otbcli_ComputeConfusionMatrix is not installed")
    reference, predicted, transform = toy_maps()
    for name, values in (("reference", reference), ("map", predicted)):
        with rasterio.open(
            tmp_path / f"{name}.tif",
            "w",
            driver="GTiff",
            height=10,
            width=10,
            count=1,
            dtype="int32",
            crs="EPSG:32631",
            transform=transform,
        ) as dataset:
            dataset.write(values, 1)
    call = [command, "-in", "map.tif", "-out", "otb.csv", "-ref", "raster", "-ref.raster.in", "reference.tif"]
    subprocess.run([*call, "-ref.raster.nodata", "0"], cwd=tmp_path, check=True, capture_output=True)
    codes = [1, 2, 3, 4]
    units = unit_counts(counts_of(reference, predicted), codes, NODATA)
    write_otb_matrix(tmp_path / "ours.csv", units.matrix, codes)
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "otb.csv").read_bytes()


def test_another_layout_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("labels,1,2\n1,3,4\n")
    with pytest.raises(ValueError, match=r"other\.csv.*header lines"):
        read_otb_matrix(tmp_path / "other.csv", [1, 2])
