import numpy as np
import pytest

from tilefold.series.accessors import BlockData, Dates, block_views

BANDS = {"sentinel2": ["B4", "B8A"], "landsat_c2": ["red"]}
SERIES = {"sentinel2": ["2018-01-01", "2018-01-11"], "landsat_c2": ["2018-01-01"]}
DAYS = {"sentinel2": ["2018-01-03", "2018-01-08", "2018-01-13"], "landsat_c2": []}


class Source:
    shape = (2, 3)

    def interpolated(self, sensor, band):
        values = np.full((2, 3, 2), 10.0 * BANDS[sensor].index(band) + len(sensor), np.float32)
        values[0, 0, 1] = np.nan if band == "B8A" else 1
        return values

    def raw(self, sensor, band):  # noqa: ARG002
        return np.full((2, 3, 3), 7, np.float32)

    def masks(self, sensor):  # noqa: ARG002
        masks = np.zeros((2, 3, 3), np.uint8)
        masks[1, 2] = [1, 2, 1]
        return masks


@pytest.fixture
def data() -> BlockData:
    (view,) = block_views(
        Source(), {name: {"bands": BANDS[name], "dates": SERIES[name]} for name in BANDS}, DAYS, 1
    )
    return view


def test_the_only_band_of_a_radar_series_needs_no_name_of_its_own() -> None:
    class Radar(Source):
        def interpolated(self, sensor, band):  # noqa: ARG002
            return np.full((2, 3, 1), {"sentinel1_desvv": 3, "sentinel1_ascvv": 4}[sensor], np.float32)

    sensors = {
        name: {"bands": ["vv"], "dates": ["2018-01-01"]} for name in ("sentinel1_desvv", "sentinel1_ascvv")
    }
    (view,) = block_views(Radar(), sensors, {name: [] for name in sensors}, 1)
    assert (view.get_interpolated_Sentinel1_DES_vv() == 3).all()
    assert (view.get_interpolated_sentinel1_ascvv_vv() == 4).all()


def test_accessors_are_found_in_any_case(data: BlockData) -> None:
    assert (data.get_interpolated_Sentinel2_B4()[1] == 9).all()
    assert (data.get_interpolated_sentinel2_b8a()[1] == 19).all()
    assert (data.get_interpolated_Landsat_C2_red()[1] == 10).all()
    assert (data.get_raw_Sentinel2_B4() == 7).all()
    assert data.get_raw_Sentinel2_masks().max() == 2


def test_dates_are_found_in_any_case(data: BlockData) -> None:
    assert data.interpolated_dates["Sentinel2"] == ["20180101", "20180111"]
    assert data.get_interpolated_dates() == {
        "sentinel2": ["20180101", "20180111"],
        "landsat_c2": ["20180101"],
    }
    assert data.get_raw_dates()["SENTINEL2"] == ["20180103", "20180108", "20180113"]
    with pytest.raises(KeyError, match="no sensor Sentinel3; sensors are a"):
        Dates(a=[])["Sentinel3"]


def test_arrays_are_the_functions_own(data: BlockData) -> None:
    first = data.get_interpolated_Sentinel2_B4()
    first[:] = -1
    assert (data.get_interpolated_Sentinel2_B4() != -1).all()


def test_what_is_asked_for_is_noted(data: BlockData) -> None:
    data.get_interpolated_Sentinel2_B4()
    assert not data.missing.any()
    assert not data.raw_sensors
    data.get_interpolated_Sentinel2_B8A()
    assert np.argwhere(data.missing).tolist() == [[0, 0]]
    data.get_raw_Sentinel2_masks()
    assert np.argwhere(data.missing).tolist() == [[0, 0], [1, 2]]
    assert data.raw_sensors == {"sentinel2"}
    assert data.raw_dates
    assert data.raw_sensors == {"sentinel2", "landsat_c2"}


def test_unknown_accessors_are_refused_with_the_nearest(data: BlockData) -> None:
    with pytest.raises(AttributeError, match="no accessor get_interpolated_Sentinel2_B9; did you mean get_"):
        data.get_interpolated_Sentinel2_B9()
    with pytest.raises(AttributeError, match="no accessor width; known are get_raw_sentinel2_masks, get_int"):
        data.width()


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot tell get_interpolated_s_1b from get_interpolated_s1_b"):
        BlockData(Source(), {"s1": ["b"], "s": ["1b"]}, {}, {})
