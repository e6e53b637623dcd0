import sys

import pytest
import torch

from tilefold.networks.registry import NetworkError


def test_build_own_network(own, build):
    network = build("Own", own, {"depth": 1})
    logits = network(sentinel2=torch.zeros(5, 2, 3), dem=torch.zeros(5, 2))
    assert logits.shape == (5, 3)
    assert network.training
    assert network.doy_sensors_dic["sentinel2"]["doy"] == [1, 365]


def test_trying_a_network_takes_no_random_number(build):
    torch.manual_seed(0)
    build("TempCNN")
    after = torch.rand(3)
    torch.manual_seed(0)
    from tilefold.networks.temp_cnn import TempCNN

    TempCNN(
        3,
        {"sentinel2": {"nb_components": 3, "nb_dates": 2}, "dem": {"nb_components": 2, "nb_dates": 1}},
        {"sentinel2": {"doy": [1, 365], "features_per_dates": 3}},
    )
    assert torch.equal(torch.rand(3), after)


def test_own_module_is_loaded_from_its_path_only(tmp_path, own, build):
    before = list(sys.path)
    other = tmp_path / "other" / "own.py"
    other.parent.mkdir()
    text = (tmp_path / "own.py").read_text()
    other.write_text(text.replace("Linear(2, nb_class)", "Linear(2, nb_class, bias=False)"))
    count = []
    for module in (own, str(other)):
        network = build("Own", module, {"depth": 1})
        count.append(sum(parameter.numel() for parameter in network.parameters()))
    assert count == [9, 6]
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\nraise KeyError('abc')\n", "line 3: KeyError"),
        ("class Own(:\n", "line 1: SyntaxError"),
        ("class Other: pass\n", "no class 'Own'"),
        ("class Own:\n    def __init__(self, **kwargs): pass\n", "must derive from"),
        ("class Own:\n    pass\n", "cannot be made with"),
    ],
)
def test_build_says_what_is_wrong_with_an_own_module(tmp_path, build, text, message):
    file = tmp_path / "own.py"
    file.write_text(text)
    with pytest.raises(NetworkError, match=message):
        build("Own", str(file))


CLASS = """
import torch
from tilefold.networks.base import TilefoldNetwork

class Own(TilefoldNetwork):
    def __init__(self, nb_class, sensors_information, doy_sensors_dic=None, default_std=1, default_mean=0, width=3):
        {constructor}
        self.layer = torch.nn.Linear(2, width)

    {forward}
"""
SUPER = "super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)"
FORWARD = "def forward(self, sentinel2, dem): return "


@pytest.mark.parametrize(
    ("constructor", "forward", "message"),
    [
        ("super().__init__()", FORWARD + "1", r"line 7: TypeError: .*missing 2 required positional arguments"),
        ("super().__init__(2, {})", FORWARD + "1", r"must hand on what its constructor is given, as in super"),
        ("super().__init__(nb_class, sensors_information, 1, 0)", FORWARD + "1", "line 7: AttributeError"),
        ("pass", FORWARD + "1", "line 8: AttributeError: cannot assign module before"),
        ("raise ValueError('my reason')", FORWARD + "1", r"cannot be made with {}: line 7: ValueError: my reason"),
        (SUPER, "", r"expected one keyword argument|has no method forward or _forward"),
        (SUPER, FORWARD + "self.layer(dem)[:, :2]", r"float32 \(3, 2\), expected float32 logits .* = \(3, 3\)"),
        (SUPER, FORWARD + "self.layer(dem).squeeze()", r"float32 \(3,\), expected .* = \(1, 3\)"),
        (SUPER, FORWARD + "self.layer(dem).double()", r"float64 \(3, 3\), expected float32"),
        (SUPER, FORWARD + "(self.layer(dem), 1)", "it returns tuple, expected float32"),
        (
            SUPER,
            FORWARD + "self.layer(sentinel2)",
            r"fails on sentinel2 \(batch, 2, 3\), dem \(batch, 2\): line 10: RuntimeError: mat1 and mat2",
        ),
        (SUPER, FORWARD + "self._stats['dem']['quantile_0.5']", r"set training.additional_statistics_percentage"),
        (
            SUPER,
            "def forward(self, sentinel2): return 1",
            r"forward of Own takes \(sentinel2\), expected one keyword argument for each input \(sentinel2, dem\)",
        ),
        (SUPER, "def _forward(self, s2_theia, slope): return 1", "expected one keyword argument for each input"),
    ],
)  # fmt: skip
def test_a_network_that_keeps_no_contract_is_refused(tmp_path, build, constructor, forward, message):
    file = tmp_path / "own.py"
    file.write_text(CLASS.format(constructor=constructor, forward=forward))
    with pytest.raises(NetworkError, match=message):
        build("Own", str(file))


OLDER = """
from tilefold.networks.base import TilefoldNetwork as Iota2NeuralNetwork
import torch

class Own(Iota2NeuralNetwork):
    def __init__(self, nb_class, sensors_information, doy_sensors_dic=None, default_std=1, default_mean=0):
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        s2 = sensors_information["s2_theia"]
        assert doy_sensors_dic["s2_theia"]["features_per_dates"] == s2["nb_components"]
        self.layer = torch.nn.Linear(s2["nb_components"] * s2["nb_dates"], nb_class)

    def NAME(self, s2_theia, dem):
        stats = self._stats["s2_theia"]
        x = self.nans_imputation(s2_theia, stats["mean"], self.default_mean)
        x = self.standardize(x, stats["mean"], torch.sqrt(stats["var"]), self.default_mean, self.default_std)
        return self.layer(x.view(-1, stats["mean"].shape[0]))
"""


@pytest.mark.parametrize("method", ["forward", "_forward"])
def test_a_network_with_older_names_runs_as_it_is(tmp_path, build, method):
    file = tmp_path / "own.py"
    file.write_text(OLDER.replace("NAME", method))
    network = build("Own", str(file))
    x = torch.randn(4, 2, 3)
    logits = network(sentinel2=x, dem=torch.zeros(4, 2))
    torch.testing.assert_close(logits, network.layer(x.flatten(1)))
    x[0, 0, 0] = torch.nan
    assert torch.isfinite(network(sentinel2=x, dem=torch.zeros(4, 2))).all()


def test_build_says_what_else_is_wrong(own, build):
    with pytest.raises(NetworkError, match="unknown network 'Nothing'"):
        build("Nothing")
    with pytest.raises(NetworkError, match="one keyword argument for each input"):
        build("WithKeywords", own)
    with pytest.raises(ValueError, match="statistics of dem: mean needs 2 values, found 1 values"):
        build("MLP", dem={"mean": [1.0]})
    with pytest.raises(NetworkError, match=r"MLP cannot be made with .*: dl_parameters.dropout must be in"):
        build("MLP", parameters={"dropout": 1.0})
