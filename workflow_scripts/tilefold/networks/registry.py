"""From the name of a network to the network; torch is imported only when one is built."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilefold.networks.catalogue import ALIASES, NETWORKS
from tilefold.networks.check import GIVEN, check_network
from tilefold.networks.inputs import days_of_year, sensors_information, shapes
from tilefold.series.user_file import error_place, load_user_file

if TYPE_CHECKING:
    from tilefold.networks.base import TilefoldNetwork


class NetworkError(ValueError):
    """A network that cannot be made from what the configuration says."""


def build_network(
    name: str,
    module: str | None,
    parameters: Mapping[str, Any],
    *,
    inputs: Mapping[str, Mapping[str, Any]],
    classes: Sequence[int],
    statistics: Mapping[str, Mapping[str, Sequence[float | None]]],
) -> TilefoldNetwork:
    """Build a network with fresh weights from torch's global random state, and try it on a few samples.

    Parameters
    ----------
    name, module, parameters
        As in the configuration, see `check_network`.
    inputs
        Kind, dates, bands and features of each input, in the order of the network's arguments.
    classes
        Codes of the classes.
    statistics
        Of each input, see `TilefoldNetwork.set_statistics`.

    Raises
    ------
    NetworkError
        If the name is unknown, the user's file fails, or the class does not keep the contract.
    ValueError
        If the statistics are not those of the inputs.
    """
    from tilefold.networks.trial import ContractError, bind_inputs, try_forward  # noqa: PLC0415

    network = _construct(name, module, parameters, inputs, len(classes))
    network.set_statistics(statistics)
    sizes = shapes(inputs)
    try:
        bind_inputs(network, name, sizes)
        try_forward(network, sizes)
    except ContractError as error:
        raise NetworkError(f"training.dl_name: {_what(name, module)}: {error}") from error
    except Exception as error:
        given = ", ".join(f"{key} (batch, {', '.join(map(str, size))})" for key, size in sizes.items())
        raise NetworkError(
            f"training.dl_name: {_what(name, module)} fails on {given}: {_place(error, module)}"
        ) from error
    return network


def _construct(
    name: str,
    module: str | None,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, Any]],
    nb_class: int,
) -> TilefoldNetwork:
    from tilefold.networks.base import TilefoldNetwork  # noqa: PLC0415

    network_class = _load_class(name, module)
    information = sensors_information(inputs)
    try:
        network = network_class(
            nb_class=nb_class,
            sensors_information=information,
            doy_sensors_dic=days_of_year(inputs),
            default_std=1.0,
            default_mean=0.0,
            **parameters,
        )
    except Exception as error:
        raise NetworkError(
            f"training.dl_parameters: {_what(name, module)} cannot be made with {dict(parameters)}: "
            f"{_place(error, module)}"
        ) from error
    if not isinstance(network, TilefoldNetwork):
        raise NetworkError(
            f"training.dl_module: class {name} must derive from tilefold.networks.base.TilefoldNetwork"
        )
    told = (getattr(network, "nb_class", None), getattr(network, "sensors_information", None))
    if told != (nb_class, information):
        raise NetworkError(
            f"training.dl_module: {_what(name, module)} must hand on what its constructor is given, as in "
            f"super().__init__({', '.join(GIVEN)})"
        )
    return network


def _what(name: str, module: str | None) -> str:
    return name if module is None else f"{name} in {module}"


def _place(error: Exception, module: str | None) -> str:
    return str(error) if module is None else error_place(error, module)


def _load_class(name: str, module: str | None) -> Any:
    if module is not None:
        return _class_of_file(name, Path(module))
    known = NETWORKS.get(ALIASES.get(name, name))
    if known is None:
        raise NetworkError(check_network(name, module, {})[0])
    path, class_name = known.rsplit(".", maxsplit=1)
    return getattr(importlib.import_module(path), class_name)


def _class_of_file(name: str, file: Path) -> Any:
    """Class of a user's file, loaded from that path alone: no search path is changed."""
    if not file.is_file():
        raise NetworkError(f"training.dl_module: there is no file {file}; give the path of your Python file")
    try:
        loaded = load_user_file(file)
    except Exception as error:
        raise NetworkError(
            f"training.dl_module: {file} cannot be loaded: {error_place(error, file)}"
        ) from error
    if not hasattr(loaded, name):
        raise NetworkError(f"training.dl_name: no class {name!r} in {file}")
    return getattr(loaded, name)
