from dataclasses import replace

import numpy as np
import pytest
import rasterio

from tilefold.simulation.layouts.landsat_n2a import write_landsat5, write_landsat8

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7")


@pytest.mark.parametrize(
    ("write", "platform", "kept"),
    [(write_landsat8, "LANDSAT8_OLITIRS_XS", BANDS), (write_landsat5, "LANDSAT5_TM_XS", BANDS[1:])],
)
def test_one_file_holds_all_bands(tmp_path, wide, given, read, write, platform, kept):
    made = given(wide, BANDS)
    made.bands["B4"][5, 5] = 12000
    acquisition = replace(made.acquisition, tile="D0005H0002")
    write(tmp_path, wide, acquisition, made.bands, made.sky)
    head, zone = f"{platform}_20180511_N2A", "France-MetropoleD0005H0002"
    home = tmp_path / f"{head}_{zone}"
    found = read(home / f"{head}_ORTHO_SURF_CORR_PENTE_{zone}.TIF", wide, "int16")
    assert len(found) == len(kept)
    for band, values in zip(kept, found, strict=True):
        outside = made.outside
        np.testing.assert_array_equal(values[outside], -10000)
        # Thousandths of reflectance.
        assert np.abs(values[~outside] / 1000 - made.bands[band][~outside] / 10000).max() <= 0.0005 + 1e-9
    masks = {}
    for kind in ("NUA", "SAT", "DIV", "NODATA"):
        nodata = 0 if kind == "NODATA" else None
        masks[kind] = read(home / "MASK" / f"{head}_{zone}_{kind}.TIF", wide, "uint8", nodata)
    np.testing.assert_array_equal(masks["NUA"] > 0, made.cloud | made.shadow)
    np.testing.assert_array_equal(masks["DIV"] & 1, made.outside)
    np.testing.assert_array_equal(masks["NODATA"] == 0, made.outside)
    assert masks["SAT"][5, 5] == 1 << kept.index("B4")
    assert masks["SAT"][0, 0] == 2 ** len(kept) - 1


def test_names_and_shape_are_those_of_real_products(tmp_path, wide, given, theia_landsat8):
    made = given(wide, BANDS)
    write_landsat8(tmp_path, wide, replace(made.acquisition, tile="D0005H0002"), made.bands, made.sky)
    ours = sorted(p.relative_to(tmp_path).as_posix().replace("20180511", "DATE") for p in tmp_path.rglob("*"))
    product = theia_landsat8 / "D0005H0002" / "LANDSAT8_OLITIRS_XS_20160330_N2A_France-MetropoleD0005H0002"
    real = [
        product.name,
        *(f"{product.name}/{p.relative_to(product).as_posix()}" for p in product.rglob("*")),
    ]
    assert ours == sorted(name.replace("20160330", "DATE") for name in real)
    name = "LANDSAT8_OLITIRS_XS_20160330_N2A_ORTHO_SURF_CORR_PENTE_France-MetropoleD0005H0002.TIF"
    with rasterio.open(product / name) as theirs:
        assert theirs.count == 7
        # Thousandths: near infrared of fields around 0.3.
        assert 100 < np.median(theirs.read(5)) < 600
