"""From the name of a network to the network; torch is imported only when one is built."""

from __future__ import annotations

import datetime
import difflib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilefold.networks.catalogue import ALIASES, NETWORKS
from tilefold.networks.syntax import Signature, constructor, has_method, library_file, read_classes
from tilefold.series.features import component_names
from tilefold.series.user_file import error_place, load_user_file

if TYPE_CHECKING:
    from tilefold.networks.base import TilefoldNetwork

#: Arguments that every constructor is given by the workflow.
GIVEN = ("nb_class", "sensors_information", "doy_sensors_dic", "default_std", "default_mean")


class NetworkError(ValueError):
    """A network that cannot be made from what the configuration says."""


def check_network(name: str, module: str | None, parameters: Mapping[str, Any]) -> list[str]:
    """Find faults in the choice of a network without importing torch or running anybody's code.

    Parameters
    ----------
    name
        Name in the catalogue, or of a class in `module`.
    module
        Python file of the user, or None.
    parameters
        Further arguments of the constructor.

    Returns
    -------
    list of str
        One sentence for each fault, beginning with the configuration's key; empty if there is none.
    """
    if module is None:
        known = [*NETWORKS, *ALIASES]
        if name not in known:
            return [
                f"training.dl_name: unknown network {name!r}{_guess(name, known)}; known: {', '.join(known)}"
            ]
        file, name = library_file(NETWORKS[ALIASES.get(name, name)])
    else:
        file = Path(module)
        if not file.is_file():
            return [f"training.dl_module: there is no file {module}; give the path of your Python file"]
    try:
        classes = read_classes(file)
    except SyntaxError as error:
        return [f"training.dl_module: {file}, line {error.lineno}: {error.msg}"]
    if name not in classes:
        found = ", ".join(classes) or "none"
        return [
            f"training.dl_name: no class {name!r} in {file}{_guess(name, list(classes))}; it defines: {found}"
        ]
    faults = []
    if not has_method(classes, name, "forward"):
        faults.append(f"training.dl_module: class {name} in {file} defines no method forward")
    signature = constructor(classes, name)
    return faults if signature is None else faults + _argument_faults(name, file, signature, parameters)


def _argument_faults(name: str, file: Path, signature: Signature, parameters: Mapping[str, Any]) -> list[str]:
    faults = []
    if not signature.any_keyword:
        faults += [
            f"training.dl_module: the constructor of {name} in {file} does not accept {argument}"
            for argument in GIVEN
            if argument not in signature.names
        ]
    choices = [argument for argument in signature.names if argument not in GIVEN]
    listed = ", ".join(choices) or "none"
    for key in parameters:
        if key in GIVEN:
            faults.append(f"training.dl_parameters.{key}: given by the workflow, remove it")
        elif key not in choices and not signature.any_keyword:
            guess = _guess(key, choices)
            faults.append(
                f"training.dl_parameters.{key}: {name} has no such argument{guess}; it has: {listed}"
            )
    faults += [
        f"training.dl_parameters.{key}: missing, the constructor of {name} needs it"
        for key in signature.required
        if key not in GIVEN and key not in parameters
    ]
    return faults


def build_network(
    name: str,
    module: str | None,
    parameters: Mapping[str, Any],
    *,
    inputs: Mapping[str, Mapping[str, Any]],
    classes: Sequence[int],
    statistics: Mapping[str, Mapping[str, Sequence[float | None]]],
) -> TilefoldNetwork:
    """Build a network with fresh weights from torch's global random state.

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
    """
    network_class = _load_class(name, module)
    try:
        network = network_class(
            nb_class=len(classes),
            sensors_information=sensors_information(inputs),
            doy_sensors_dic=days_of_year(inputs),
            default_std=1.0,
            default_mean=0.0,
            **parameters,
        )
    except TypeError as error:
        raise NetworkError(
            f"training.dl_parameters: {name} cannot be made with {dict(parameters)}: {error}"
        ) from error
    base = importlib.import_module("tilefold.networks.base").TilefoldNetwork
    if not isinstance(network, base):
        raise NetworkError(
            f"training.dl_module: class {name} must derive from tilefold.networks.base.TilefoldNetwork"
        )
    try:
        inspect.signature(network.forward).bind(**dict.fromkeys(inputs))
    except TypeError as error:
        raise NetworkError(
            f"forward of {name} must take one keyword argument for each input ({', '.join(inputs)}): {error}"
        ) from error
    network.set_statistics(statistics)
    return network


def sensors_information(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """``nb_components`` and ``nb_dates`` of each input; static features have one date."""
    return {
        name: {
            "nb_components": len(component_names(spec)),
            "nb_dates": len(spec["dates"]) if "dates" in spec else 1,
        }
        for name, spec in inputs.items()
    }


def days_of_year(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """``doy`` (1 to 366 for each date) and ``features_per_dates`` of each input with dates."""
    return {
        name: {
            "doy": [datetime.date.fromisoformat(date).timetuple().tm_yday for date in spec["dates"]],
            "features_per_dates": len(component_names(spec)),
        }
        for name, spec in inputs.items()
        if "dates" in spec
    }


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


def _guess(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""
