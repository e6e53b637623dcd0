"""What a configuration says of classes, samples and training: checked alike for images and for tables of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from tilefold.config.data import LandCoverClass
from tilefold.config.model import Config
from tilefold.networks.check import check_inputs, check_network
from tilefold.plan.nomenclature import choose_nodata, read_nomenclature
from tilefold.plan.selection import read_counts, selection_faults
from tilefold.plan.splitting import share_faults


@dataclass(frozen=True)
class Design:
    """What was found.

    Attributes
    ----------
    config
        The configuration, with the counts of `selection.byclass` in it.
    classes
        The nomenclature in code order.
    nodata
        Value of map pixels without a class.
    faults
        What is wrong.
    """

    config: Config
    classes: list[LandCoverClass]
    nodata: int
    faults: list[str]


def check_design(config: Config) -> Design:
    """Read the nomenclature and the counts of classes; find what is wrong with them and with the network."""
    classes, class_faults = read_nomenclature(config.reference.nomenclature, config.reference.colours)
    codes = [item.code for item in classes]
    nodata, nodata_faults = choose_nodata(config.maps.nodata, codes)
    selection, file_faults = read_counts(config.selection)
    training = config.training
    faults = [
        *class_faults,
        *nodata_faults,
        *(share_faults(config.split, classes) if not class_faults else []),
        *file_faults,
        *selection_faults(selection, codes),
        *_tensorboard_faults(training.tensorboard),
        *check_network(training.dl_name, training.dl_module, training.dl_parameters),
        *([] if config.external_features.functions else network_input_faults(config)),
    ]
    return Design(config.model_copy(update={"selection": selection}), classes, nodata, faults)


def _tensorboard_faults(wanted: bool) -> list[str]:
    if not wanted or find_spec("tensorboard") is not None:
        return []
    return [
        "training.tensorboard: the package tensorboard is not installed; run pip install tensorboard, or "
        "set it to false"
    ]


def network_input_faults(config: Config, groups: Mapping[str, Mapping[str, Any]] | None = None) -> list[str]:
    """Find faults in how the network takes its inputs; `groups` are those that external features make."""
    static = [*config.user_features, *(config.samples.static if config.samples else [])]
    made = {name: "dates" in spec for name, spec in (groups or {}).items()}
    inputs = {**dict.fromkeys(config.series, True), **dict.fromkeys(static, False), **made}
    return check_inputs(config.training.dl_name, config.training.dl_module, inputs)
