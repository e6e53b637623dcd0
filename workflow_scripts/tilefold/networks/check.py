"""Faults in the choice of a network, found without importing torch or running anybody's code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilefold.networks.catalogue import ALIASES, NEED_DATES, NETWORKS
from tilefold.networks.inputs import argument_names
from tilefold.networks.syntax import (
    Signature,
    Source,
    constructor,
    forward_method,
    library_file,
    read_source,
)

#: Arguments that every constructor is given by the workflow.
GIVEN = ("nb_class", "sensors_information", "doy_sensors_dic", "default_std", "default_mean")

#: Types that an annotation of one word allows.
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "None": (type(None),),
}


def check_network(name: str, module: str | None, parameters: Mapping[str, Any]) -> list[str]:
    """Find faults in the choice of a network and in the arguments of its constructor.

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
    found = _find(name, module)
    if isinstance(found, str):
        return [found]
    file, name, source = found
    faults = []
    forward = forward_method(source, name)
    if forward.signature is None and forward.complete:
        faults.append(f"training.dl_module: class {name} in {file} defines no method forward or _forward")
    signature = constructor(source, name).signature
    return faults if signature is None else faults + _argument_faults(name, file, signature, parameters)


def check_inputs(name: str, module: str | None, inputs: Mapping[str, bool]) -> list[str]:
    """Find faults in how a network takes its inputs; none where `check_network` finds that it is not there.

    Parameters
    ----------
    name, module
        See `check_network`.
    inputs
        Whether each input has dates.
    """
    if module is None and ALIASES.get(name, name) in NEED_DATES and not any(inputs.values()):
        return [
            f"training.dl_name: {name} needs an input with dates, found only {', '.join(inputs)}; "
            "use MLPClassifier or ANN"
        ]
    found = _find(name, module)
    if isinstance(found, str):
        return []
    file, name, source = found
    signature = forward_method(source, name).signature
    if signature is None:
        return []
    arguments = argument_names(inputs, signature.names)
    refused = [] if signature.any_keyword else [i for i, a in arguments.items() if a not in signature.names]
    unmet = [argument for argument in signature.required if argument not in arguments.values()]
    if not refused and not unmet:
        return []
    return [
        f"training.dl_module: forward of {name} in {file} takes ({', '.join(signature.names)}), expected one "
        f"argument for each input ({', '.join(inputs)})"
        + (f"; it lacks {', '.join(refused)}" if refused else "")
        + (f"; no input is called {', '.join(unmet)}" if unmet else "")
    ]


def _find(name: str, module: str | None) -> tuple[Path, str, Source] | str:
    """File, class and what the file holds, or what is wrong."""
    if module is None:
        known = [*NETWORKS, *ALIASES]
        if name not in known:
            return (
                f"training.dl_name: unknown network {name!r}{_guess(name, known)}; known: {', '.join(known)}"
            )
        file, name = library_file(NETWORKS[ALIASES.get(name, name)])
    else:
        file = Path(module)
        if not file.is_file():
            return f"training.dl_module: there is no file {module}; give the path of your Python file"
    try:
        source = read_source(file)
    except SyntaxError as error:
        return f"training.dl_module: {file}, line {error.lineno}: {error.msg}"
    if name not in source.classes:
        listed, guess = ", ".join(source.classes) or "none", _guess(name, list(source.classes))
        return f"training.dl_name: no class {name!r} in {file}{guess}; it defines: {listed}"
    return file, name, source


def _argument_faults(name: str, file: Path, signature: Signature, parameters: Mapping[str, Any]) -> list[str]:
    faults = []
    lacking = [argument for argument in GIVEN if argument not in signature.names]
    if lacking and not signature.any_keyword:
        faults.append(
            f"training.dl_module: the constructor of {name} in {file} takes ({', '.join(signature.names)}), "
            f"expected ({', '.join(GIVEN)}) and your own; it does not accept {', '.join(lacking)}"
        )
    choices = [argument for argument in signature.names if argument not in GIVEN]
    listed = ", ".join(choices) or "none"
    for key, value in parameters.items():
        if key in GIVEN:
            faults.append(f"training.dl_parameters.{key}: given by the workflow, remove it")
        elif key not in choices:
            if not signature.any_keyword:
                guess = _guess(key, choices)
                faults.append(
                    f"training.dl_parameters.{key}: {name} has no such argument{guess}; it has: {listed}"
                )
        elif not _is_of(value, signature.annotations.get(key, "")):
            faults.append(
                f"training.dl_parameters.{key}: {name} needs {signature.annotations[key]}, found {value!r}"
            )
    faults += [
        f"training.dl_parameters.{key}: missing, the constructor of {name} needs it"
        for key in signature.required
        if key not in GIVEN and key not in parameters
    ]
    return faults


def _is_of(value: Any, annotation: str) -> bool:
    """Whether a value is of an annotation's type; True for annotations other than plain types."""
    words = [word.strip() for word in annotation.split("|")]
    if any(word not in _TYPES for word in words):
        return True
    return any(type(value) in _TYPES[word] for word in words)


def _guess(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""
