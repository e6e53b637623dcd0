"""docs/networks.md against the code."""

import inspect
import re
from pathlib import Path

import torch
import yaml

from tilefold.networks.catalogue import NETWORKS
from tilefold.networks.check import GIVEN, check_inputs, check_network
from tilefold.networks.inputs import OLDER_NAMES
from tilefold.networks.registry import _load_class

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()


def test_the_table_has_every_network_with_its_parameters():
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|", PAGE, flags=re.MULTILINE))
    assert list(rows)[1 : 1 + len(NETWORKS)] == list(NETWORKS)
    for name in NETWORKS:
        told = yaml.safe_load("{" + rows[name].replace("`", "") + "}")
        signature = inspect.signature(_load_class(name, None)).parameters
        assert told == {key: value.default for key, value in signature.items() if key not in GIVEN}


def test_numbers_of_weights(build):
    inputs = {
        "s2": {
            "kind": "temporal",
            "dates": [f"2018-01-{n + 1:02d}" if n < 31 else f"2018-02-{n - 30:02d}" for n in range(37)],
            "components": list("abcdefghijklm"),
        }
    }
    told = dict(re.findall(r"`(\w+)`\s(\d+,\d{3})", PAGE))
    assert list(told) == list(NETWORKS)
    for name, number in told.items():
        network = build(name, given=inputs, classes=23)
        assert f"{sum(p.numel() for p in network.parameters()):,}" == number, name


def test_the_example_runs(tmp_path, build, inputs):
    code, settings = (
        re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL) for kind in ("python", "yaml")
    )
    file = tmp_path / "my_networks.py"
    file.write_text(code[0])
    training = yaml.safe_load(settings[1])["training"]
    name, parameters = training["dl_name"], training["dl_parameters"]
    assert check_network(name, str(file), parameters) == []
    assert check_inputs(name, str(file), {"sentinel2": True}) == []
    network = build(name, str(file), parameters, given={"sentinel2": inputs["sentinel2"]})
    x = torch.randn(4, 2, 3)
    torch.testing.assert_close(network(sentinel2=x), x.mean(dim=1) @ network.layer.weight.T)
    older = compile(code[1], "docs", "exec")
    exec(older, names := {})
    assert "Iota2NeuralNetwork" in names


def test_the_older_names_are_told():
    assert all(f"`{name}`" in PAGE for name in OLDER_NAMES)
