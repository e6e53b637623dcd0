"""docs/networks.md says what the networks are."""

import inspect
import re
from importlib import import_module
from pathlib import Path

from tilefold.networks.catalogue import NETWORKS
from tilefold.networks.registry import GIVEN, build_network

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()


def test_every_network_stands_there_with_its_parameters():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) - {"dl_name"} == set(NETWORKS)
    for name in NETWORKS:
        path, class_name = NETWORKS[name].rsplit(".", 1)
        arguments = inspect.signature(getattr(import_module(path), class_name)).parameters
        told = dict(re.findall(r"`(\w+)` \(([\w.]+)\)", rows[name]))
        own = {key: item.default for key, item in arguments.items() if key not in GIVEN}
        assert {key: str(value).lower() for key, value in own.items()} == {
            key: str(type(own[key])(float(value))) if value != "false" else value
            for key, value in told.items()
        }


def test_the_example_can_be_trained(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "mine.py").write_text(code)
    bands = {"kind": "series", "bands": ["a", "b"], "dates": ["2018-01-01", "2018-02-01"], "features": []}
    inputs = {"sentinel2": {**bands, "scale": 1.0, "offset": 0.0, "aliases": {}}}
    known = {"mean": [0.0] * 4, "var": [1.0] * 4, "min": [0.0] * 4, "max": [1.0] * 4}
    made = build_network(
        "Mine",
        str(tmp_path / "mine.py"),
        {"width": 8},
        inputs=inputs,
        classes=[1, 2],
        statistics={"sentinel2": known},
    )
    assert made.layers[-1].out_features == 2
