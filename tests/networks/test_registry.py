import subprocess
import sys

import pytest
import torch

from tilefold.networks.registry import (
    NetworkError,
    build_network,
    check_network,
    days_of_year,
    sensors_information,
)

INPUTS = {
    "sentinel2": {
        "kind": "series",
        "bands": ["B4", "B8"],
        "dates": ["2018-01-01", "2018-12-31"],
        "scale": 1e-4,
        "offset": 0.0,
        "features": ["ndvi"],
        "aliases": {"red": "B4", "nir": "B8"},
    },
    "dem": {"kind": "static", "bands": 2},
}
OWN = """
from tilefold.networks.base import TilefoldNetwork
import torch

class Own(TilefoldNetwork):
    def __init__(self, nb_class, sensors_information, doy_sensors_dic=None, default_std=1, default_mean=0,
                 width=4, *, depth):
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)
        self.layer = torch.nn.Linear(2, nb_class)

    def forward(self, dem, sentinel2):
        return self.layer(self.standardized("dem", dem))

class Child(Own):
    pass

class WithoutForward(TilefoldNetwork):
    pass

class WithKeywords(TilefoldNetwork):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
    def forward(self, dem):
        return dem
"""


def statistics(inputs):
    sizes = {
        name: info["nb_dates"] * info["nb_components"] for name, info in sensors_information(inputs).items()
    }
    return {name: dict.fromkeys(("mean", "var", "min", "max"), [1.0] * size) for name, size in sizes.items()}


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    return str(file)


def test_shapes_of_inputs():
    assert sensors_information(INPUTS) == {
        "sentinel2": {"nb_components": 3, "nb_dates": 2},
        "dem": {"nb_components": 2, "nb_dates": 1},
    }
    assert days_of_year(INPUTS) == {"sentinel2": {"doy": [1, 365], "features_per_dates": 3}}


def test_networks_of_the_catalogue_have_no_faults():
    assert check_network("MLPClassifier", None, {"dropout": 0.1, "batch_norm": True}) == []
    assert check_network("MLP", None, {}) == []


def test_misspelt_network_is_guessed():
    (fault,) = check_network("MLPClasifier", None, {})
    assert fault.startswith("training.dl_name: ")
    assert "did you mean 'MLPClassifier'?" in fault


def test_parameters_that_the_constructor_does_not_take():
    first, second = check_network("MLPClassifier", None, {"droput": 0.1, "nb_class": 3})
    assert "training.dl_parameters.droput" in first
    assert "did you mean 'dropout'?" in first
    assert second == "training.dl_parameters.nb_class: given by the workflow, remove it"


def test_own_module(own):
    assert check_network("Own", own, {"width": 3, "depth": 2}) == []
    assert check_network("WithKeywords", own, {"anything": 1}) == []
    (missing,) = check_network("Own", own, {})
    assert missing == "training.dl_parameters.depth: missing, the constructor of Own needs it"
    (inherited,) = check_network("Child", own, {"depth": 2, "hight": 3})
    assert "training.dl_parameters.hight: Child has no such argument" in inherited
    (without,) = check_network("WithoutForward", own, {})
    assert "WithoutForward" in without
    assert "forward" in without
    (unknown,) = check_network("Onw", own, {})
    assert "did you mean 'Own'?" in unknown


def test_own_module_with_wrong_constructor(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from tilefold.networks.mlp import MLPClassifier\n"
        "class Own(MLPClassifier):\n"
        "    def __init__(self, nb_class, sensors_information): pass\n"
    )
    faults = check_network("Own", str(file), {})
    assert [fault.split()[-1] for fault in faults] == ["doy_sensors_dic", "default_std", "default_mean"]


def test_constructor_inherited_from_the_library(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("from tilefold.networks.mlp import MLPClassifier\nclass Own(MLPClassifier): pass\n")
    assert check_network("Own", str(file), {"dropout": 0.5}) == []
    assert len(check_network("Own", str(file), {"drop": 0.5})) == 1


def test_constructor_from_elsewhere_is_left_to_the_job(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("import elsewhere\nclass Own(elsewhere.Base): pass\n")
    assert check_network("Own", str(file), {"dropout": 0.5}) == []


def test_module_that_is_missing_or_broken(tmp_path):
    assert "there is no file" in check_network("Own", str(tmp_path / "none.py"), {})[0]
    file = tmp_path / "own.py"
    file.write_text("import torch\nclass Own(:\n")
    (fault,) = check_network("Own", str(file), {})
    assert f"{file}, line 2" in fault


def test_checking_imports_no_torch_and_runs_no_user_code(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("raise SystemExit('executed')\nclass Own: pass\n")
    program = (
        "import sys; from tilefold.networks.registry import check_network; "
        "import tilefold.networks.catalogue; check_network('MLPClassifier', None, {'dropout': 1}); "
        f"check_network('Own', {str(file)!r}, {{}}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_build_own_network(own):
    network = build_network(
        "Own", own, {"depth": 1}, inputs=INPUTS, classes=[1, 2, 3], statistics=statistics(INPUTS)
    )
    logits = network(sentinel2=torch.zeros(5, 2, 3), dem=torch.zeros(5, 2))
    assert logits.shape == (5, 3)
    assert network.doy_sensors_dic["sentinel2"]["doy"] == [1, 365]


def test_own_module_is_loaded_from_its_path_only(tmp_path, own):
    before = list(sys.path)
    other = tmp_path / "other" / "own.py"
    other.parent.mkdir()
    other.write_text(OWN.replace("Linear(2, nb_class)", "Linear(2, nb_class, bias=False)"))
    count = []
    for module in (own, str(other)):
        network = build_network(
            "Own", module, {"depth": 1}, inputs=INPUTS, classes=[1, 2, 3], statistics=statistics(INPUTS)
        )
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
def test_build_says_what_is_wrong_with_an_own_module(tmp_path, text, message):
    file = tmp_path / "own.py"
    file.write_text(text)
    with pytest.raises(NetworkError, match=message):
        build_network("Own", str(file), {}, inputs=INPUTS, classes=[1], statistics=statistics(INPUTS))


def test_build_says_what_else_is_wrong(own):
    with pytest.raises(NetworkError, match="unknown network 'Nothing'"):
        build_network("Nothing", None, {}, inputs=INPUTS, classes=[1], statistics=statistics(INPUTS))
    with pytest.raises(NetworkError, match="one keyword argument for each input"):
        build_network("WithKeywords", own, {}, inputs=INPUTS, classes=[1], statistics=statistics(INPUTS))
    with pytest.raises(ValueError, match="statistics of dem: mean needs 2 values, found 1 values"):
        build_network(
            "MLP",
            None,
            {},
            inputs=INPUTS,
            classes=[1],
            statistics=statistics(INPUTS) | {"dem": {"mean": [1.0]}},
        )
