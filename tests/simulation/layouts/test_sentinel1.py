import numpy as np

from tilefold.simulation.layouts.sentinel1 import write


def test_one_file_a_polarisation(tmp_path, fine, given, read):
    made = given(fine, ())
    rng = np.random.default_rng(0)
    bands = {p: rng.gamma(4.4, 0.02, fine.shape).astype(np.float32) for p in ("vv", "vh")}
    for power in bands.values():
        power[made.outside] = 0
    acquisition = made.acquisition
    acquisition = type(acquisition)(**{**vars(acquisition), "platform": "s1a"})
    write(tmp_path, fine, acquisition, bands, made.sky)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "s1a_31TCJ_vh_DES_110_20180511t105031.tif",
        "s1a_31TCJ_vv_DES_110_20180511t105031.tif",
    ]
    for polarisation, power in bands.items():
        path = tmp_path / f"s1a_31TCJ_{polarisation}_DES_110_20180511t105031.tif"
        np.testing.assert_array_equal(read(path, fine, "float32", 0), power)
