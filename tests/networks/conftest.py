"""Inputs of the networks that the tests make, and a file of a user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

# Sets how products of matrices are computed, before the first of them.
import tilefold.training.compute  # noqa: F401
from tilefold.networks.inputs import sensors_information
from tilefold.networks.registry import build_network

OWN = """
from tilefold.networks.base import TilefoldNetwork
import torch

class Own(TilefoldNetwork):
    def __init__(self, nb_class, sensors_information, doy_sensors_dic=None, default_std=1, default_mean=0,
                 width: int = 4, *, depth):
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


@pytest.fixture
def own(tmp_path: Path) -> str:
    """File of a user with four classes."""
    file = tmp_path / "own.py"
    file.write_text(OWN)
    return str(file)


@pytest.fixture
def inputs() -> dict[str, dict[str, Any]]:
    """A series of three components at two dates, and a static input of two bands."""
    return {
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


@pytest.fixture
def build(inputs: dict[str, dict[str, Any]]) -> Callable[..., Any]:
    """Return a function that builds a network of three classes, with statistics of mean 0 and variance 1."""

    def make(
        name: str,
        module: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        given: Mapping[str, Mapping[str, Any]] | None = None,
        classes: int = 3,
        **statistics: Any,
    ) -> Any:
        given = inputs if given is None else given
        told = {
            key: dict.fromkeys(("mean", "min"), [0.0] * size) | dict.fromkeys(("var", "max"), [1.0] * size)
            for key, size in (
                (key, info["nb_dates"] * info["nb_components"])
                for key, info in sensors_information(given).items()
            )
        }
        return build_network(
            name,
            module,
            parameters or {},
            inputs=given,
            classes=range(classes),
            statistics=told | statistics,
        )

    return make
