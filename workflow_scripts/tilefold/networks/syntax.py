"""What a network's source file says about its classes, read from its syntax tree: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tilefold.networks.catalogue import NETWORKS

LIBRARY = Path(__file__).parents[1]

#: Classes of the library that a network may derive from.
_LIBRARY_CLASSES = {"TilefoldNetwork": "tilefold.networks.base.TilefoldNetwork", **NETWORKS}


@dataclass(frozen=True)
class Signature:
    """Arguments of a constructor, without `self`; `any_keyword`: it takes ``**kwargs``."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    any_keyword: bool

    @property
    def names(self) -> tuple[str, ...]:
        """All named arguments."""
        return self.required + self.optional


def library_file(class_path: str) -> tuple[Path, str]:
    """File and class name of a dotted class path of the library."""
    *parts, name = class_path.split(".")[1:]
    return LIBRARY.joinpath(*parts).with_suffix(".py"), name


def read_classes(file: Path) -> dict[str, ast.ClassDef]:
    """Classes that a file defines at its top level.

    Raises
    ------
    SyntaxError
        If the file is not valid Python, with file name and line.
    """
    tree = ast.parse(file.read_bytes(), str(file))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def constructor(classes: Mapping[str, ast.ClassDef], name: str) -> Signature | None:
    """Signature of a class's constructor, inherited ones included; None where the file does not tell."""
    method = _method(classes, name, "__init__")
    return None if method is None else _signature(method)


def has_method(classes: Mapping[str, ast.ClassDef], name: str, method: str) -> bool:
    """Whether a class has a method of its own or one from bases in the file or outside the library."""
    definition = classes.get(name)
    if definition is None:
        return name != "TilefoldNetwork"
    if any(isinstance(node, ast.FunctionDef) and node.name == method for node in definition.body):
        return True
    return any(has_method(classes, base, method) for base in _bases(definition) if base != name)


def _method(classes: Mapping[str, ast.ClassDef], name: str, method: str) -> ast.FunctionDef | None:
    definition = classes.get(name)
    if definition is None:
        if name not in _LIBRARY_CLASSES:
            return None
        file, name = library_file(_LIBRARY_CLASSES[name])
        classes = read_classes(file)
        definition = classes[name]
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == method:
            return node
    for base in _bases(definition):
        found = _method(classes, base, method) if base != name else None
        if found is not None:
            return found
    return None


def _bases(definition: ast.ClassDef) -> list[str]:
    """Last names of the bases: `module.Base` is `Base`."""
    return [ast.unparse(base).rsplit(".", maxsplit=1)[-1] for base in definition.bases]


def _signature(method: ast.FunctionDef) -> Signature:
    given = method.args
    positional = [argument.arg for argument in given.posonlyargs + given.args][1:]
    split = len(positional) - len(given.defaults)
    keyword = list(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    return Signature(
        required=(*positional[:split], *(argument.arg for argument, default in keyword if default is None)),
        optional=(*positional[split:], *(argument.arg for argument, default in keyword if default)),
        any_keyword=given.kwarg is not None,
    )
