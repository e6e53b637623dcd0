import subprocess
import sys

import pytest

from tilefold.networks.catalogue import NEED_DATES, NETWORKS
from tilefold.networks.check import _TYPES, GIVEN, check_inputs, check_network
from tilefold.networks.syntax import constructor, library_file, read_source

DATED = {"sentinel2": True, "dem": False}


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
    (fault,) = check_network("Own", str(file), {})
    assert fault == (
        f"training.dl_module: the constructor of Own in {file} takes (nb_class, sensors_information), expected "
        "(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean) and your own; it does not "
        "accept doy_sensors_dic, default_std, default_mean"
    )


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
        "import sys; from tilefold.networks.check import check_inputs, check_network; "
        "import tilefold.networks.catalogue; check_network('MLPClassifier', None, {'dropout': 1}); "
        f"check_network('Own', {str(file)!r}, {{}}); check_inputs('MLP', None, {{}}); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", list(NETWORKS))
def test_parameters_of_the_catalogues_networks_say_their_types(name):
    file, class_name = library_file(NETWORKS[name])
    signature = constructor(read_source(file), class_name).signature
    own = [argument for argument in signature.names if argument not in GIVEN]
    assert {signature.annotations[argument] for argument in own} <= set(_TYPES)
    assert check_network(name, None, {}) == []


@pytest.mark.parametrize(
    ("name", "key", "value", "expected"),
    [
        ("LTAE", "heads", "16", "int"),
        ("LTAE", "heads", 16.0, "int"),
        ("LTAE", "heads", True, "int"),
        ("MLP", "dropout", "a", "float"),
        ("MLP", "batch_norm", 1, "bool"),
        ("TempCNN", "filters", None, "int"),
    ],
)
def test_values_of_another_type(name, key, value, expected):
    (fault,) = check_network(name, None, {key: value})
    assert fault.startswith(f"training.dl_parameters.{key}: ")
    assert fault.endswith(f" needs {expected}, found {value!r}")


def test_a_whole_number_is_a_number():
    assert check_network("MLP", None, {"dropout": 0}) == []


def test_values_of_types_that_are_not_plain_are_left_to_the_job(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from tilefold.networks.mlp import MLPClassifier\n"
        "class Own(MLPClassifier):\n"
        "    def __init__(self, a: 'Width', b: float | None = None, c=1, **kwargs): pass\n"
    )
    assert check_network("Own", str(file), {"a": 1, "b": None, "c": "x", "more": 2}) == []
    (fault,) = check_network("Own", str(file), {"a": 1, "b": "x"})
    assert fault == "training.dl_parameters.b: Own needs float | None, found 'x'"


OLDER = """
{imports}

class Base({base}):
    def __init__(self, nb_class, sensors_information, doy_sensors_dic=None, default_std=1, default_mean=0):
        super().__init__(nb_class, sensors_information, doy_sensors_dic, default_std, default_mean)

class Own(Base):
    {forward}
"""


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("from tilefold.networks.base import TilefoldNetwork as Iota2NeuralNetwork", "Iota2NeuralNetwork"),
        ("from tilefold.networks import base", "base.TilefoldNetwork"),
        ("import tilefold.networks.base as b", "b.TilefoldNetwork"),
        ("import tilefold.networks.base", "tilefold.networks.base.TilefoldNetwork"),
    ],
)
def test_the_base_class_is_found_however_it_is_imported(tmp_path, imports, base):
    file = tmp_path / "own.py"
    file.write_text(OLDER.format(imports=imports, base=base, forward="pass"))
    (fault,) = check_network("Own", str(file), {})
    assert "class Own" in fault
    assert fault.endswith("defines no method forward or _forward")
    forward = "def _forward(self, s2_theia, dem): pass"
    file.write_text(OLDER.format(imports=imports, base=base, forward=forward))
    assert check_network("Own", str(file), {}) == []
    assert check_inputs("Own", str(file), DATED) == []


def test_inputs_that_forward_does_not_take(own):
    assert check_inputs("Own", own, DATED) == []
    (fault,) = check_inputs("Child", own, {"sentinel2": True, "slope": False})
    assert fault == (
        f"training.dl_module: forward of Child in {own} takes (dem, sentinel2), expected one argument for each "
        "input (sentinel2, slope); it lacks slope; no input is called dem"
    )
    (fault,) = check_inputs("WithKeywords", own, DATED)
    assert fault.endswith("; it lacks sentinel2")


def test_what_cannot_be_read_is_told_once(own, tmp_path):
    assert check_inputs("None", own, DATED) == []
    assert check_inputs("Own", str(tmp_path / "none.py"), DATED) == []
    assert check_inputs("WithoutForward", own, DATED) == []


def test_static_inputs_alone():
    for name in NETWORKS:
        faults = check_inputs(name, None, {"dem": False, "slope": False})
        assert len(faults) == (name in NEED_DATES)
        assert check_inputs(name, None, DATED) == []
    (fault,) = check_inputs("LTAE", None, {"dem": False})
    assert fault == (
        "training.dl_name: LTAE needs an input with dates, found only dem; use MLPClassifier or ANN"
    )
